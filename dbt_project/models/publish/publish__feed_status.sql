with feed as (

    select * from {{ source('ops', 'feed') }}

),

feed_supplier as (

    select * from {{ source('ops', 'feed_supplier') }}

),

submission as (

    select * from {{ ref('stg_ops__submission') }}

),

-- A refusal is made good by a delivery of the same period that serves, and by no other.
refused as (

    select feed, supplier, count(*) as refused_period_count
    from (
        select feed, supplier, period_start_on
        from submission
        group by feed, supplier, period_start_on
        having bool_or(status = 'refused') and not bool_or(status = 'accepted')
    ) as period
    group by feed, supplier

),

delivered as (

    select
        feed,
        supplier,
        max(period_end_on) filter (where status = 'accepted') as latest_period_ends_on,
        max(received_at) filter (where status = 'accepted') as latest_accepted_at,
        count(*) filter (where status = 'accepted') as accepted_count,
        count(*) filter (where status = 'superseded') as superseded_count,
        count(*) filter (where status = 'refused') as refused_count,
        coalesce(bool_or(is_synthetic), false) as is_synthetic
    from submission
    group by feed, supplier

),

dated as (

    select
        feed.feed,
        feed.feed_name,
        feed.is_open,
        feed_supplier.supplier,
        feed_supplier.supplier_name,
        feed_supplier.is_expected,
        delivered.latest_period_ends_on,
        delivered.latest_accepted_at,
        case
            when feed_supplier.valid_until is null or delivered.latest_period_ends_on < feed_supplier.valid_until
                then
                    ((delivered.latest_period_ends_on + 1 + make_interval(months => feed.period_months))::date - 1)
                    + feed.latency_days
        end as next_due_on,
        {{ end_of_feed_period('feed_supplier.valid_from') }} + feed.latency_days as first_due_on,
        {{ end_of_feed_period('feed_supplier.valid_until') }} + feed.latency_days as last_due_on,
        coalesce(delivered.accepted_count, 0) as accepted_count,
        coalesce(delivered.superseded_count, 0) as superseded_count,
        coalesce(delivered.refused_count, 0) as refused_count,
        coalesce(refused.refused_period_count, 0) as refused_period_count,
        coalesce(delivered.is_synthetic, false) as is_synthetic
    from feed
    inner join feed_supplier on feed.feed = feed_supplier.feed
    left join delivered on feed_supplier.feed = delivered.feed and feed_supplier.supplier = delivered.supplier
    left join refused on feed_supplier.feed = refused.feed and feed_supplier.supplier = refused.supplier

),

final as (

    select
        *,
        case
            when latest_accepted_at is null and not is_expected then 'not_expected'
            -- What never came of a supplier that has ended shows in the figures; it is not late for ever.
            when last_due_on < {{ var('as_of') }} then 'ended'
            when latest_accepted_at is null and first_due_on >= {{ var('as_of') }} then 'not_expected'
            when latest_accepted_at is null then 'never_came'
            -- Lateness is the one thing that asks for today.
            when next_due_on < {{ var('as_of') }} then 'late'
            else 'up_to_date'
        end as status
    from dated

)

select
    feed, feed_name, supplier, supplier_name, status, latest_period_ends_on, latest_accepted_at, next_due_on, accepted_count,
    superseded_count, refused_count, refused_period_count, is_synthetic, is_open
from final
