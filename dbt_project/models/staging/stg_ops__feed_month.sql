{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='sync_all_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}"
) }}

with submission as (

    select * from {{ ref('stg_ops__submission') }}
    where is_ever_known

),

-- Counts of every feed may rest on where an event was, and in which quintile: when an edition comes, all months are made
-- anew, and when the day comes on which the home knows it (int_place__edition).
place as (

    select coalesce(md5(string_agg(said, ',' order by said)), '') as fingerprint
    from (
        select concat_ws(' ', submission_id, attempt, known_from_on, known_until_on) as said
        from submission
        where feed in ('reference_deprivation', 'reference_lookup') and known_from_on <= {{ var('as_of') }}
        union all
        select '{{ var("imd_vintage") }}'
    ) as edition

),

-- A quarter's or a year's delivery is of each of its months.
final as (

    select
        submission.feed,
        month.month_on::date as month_on,
        -- Changes when anything that a count of the month rests on changes: its extracts, or when they were known.
        md5(
            place.fingerprint || string_agg(
                concat_ws(
                    ' ', submission.submission_id, submission.attempt, submission.known_from_on, submission.known_until_on
                ),
                ','
                order by submission.submission_id
            )
        ) as fingerprint
    from submission
    cross join place
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    group by submission.feed, month.month_on, place.fingerprint

)

select * from final
