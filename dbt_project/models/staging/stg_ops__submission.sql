{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='sync_all_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}"
) }}

-- A table, so that one build sees one ledger from its first layer to its last: what is accepted meanwhile is the next
-- build's. It is emptied and filled, and not replaced, for every view of staging hangs on it.
with submission as (

    select * from {{ source('ops', 'submission') }}
    where status in ('accepted', 'superseded', 'refused') and period_start is not null

),

ranked as (

    select
        *,
        (coalesce(extract_as_at, received_at) at time zone 'Europe/London')::date as cut_on,
        -- What replaced it is gone, and it did not come to serve again (vrn.ledger.moves): no agreement covers it any more.
        status = 'superseded' and superseded_by in (
            select submission_id from {{ source('ops', 'submission') }} where status in ('withdrawn', 'refused')
        ) as serves_no_more,
        -- What serves today is the last word, whatever the days say.
        row_number() over (
            partition by feed, supplier, period_start, status = 'refused'
            order by status = 'accepted', extract_as_at, submission_id
        ) as place
    from submission

),

-- An extract of a period is what was known from the day on which the supplier cut it until the next one's.
known as (

    select
        *,
        coalesce(
            min(cut_on) over (
                partition by feed, supplier, period_start, status = 'refused'
                order by place
                rows between 1 following and unbounded following
            ),
            case when serves_no_more then (superseded_at at time zone 'Europe/London')::date end,
            {{ end_of_time() }}
        ) as known_until_on
    from ranked

),

aside as (

    {{ rows_set_aside() }}

),

final as (

    select
        known.submission_id,
        attempt,
        feed,
        supplier,
        period_start as period_start_on,
        period_end as period_end_on,
        extract_as_at,
        received_at,
        status,
        cut_on as known_from_on,
        known_until_on,
        status <> 'refused' and cut_on < known_until_on as is_ever_known,
        is_synthetic,
        -- A delivery of no rows at all is accepted where the feed file lets it say that there was nothing.
        status <> 'refused' and coalesce(rows_accepted > 0 or rows_in_file = 0, false) as has_rows,
        aside.set_aside
    from known
    left join aside on known.submission_id = aside.submission_id

)

select * from final
