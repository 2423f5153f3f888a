{# What came: for each indicator, period and area whether every expected supplier delivered every month that is due. #}
{% macro completeness_as_at(as_at) -%}
-- The ledger as the counts know it: what was accepted since is not counted, so it did not come yet.
submission as (

    select * from {{ source('ops', 'counted_submission') }}
    where
        (is_ever_known and known_from_on <= {{ as_at }} and known_until_on > {{ as_at }})
        or (status = 'refused' and received_at::date <= {{ as_at }})

),

supplier_month as (

    select
        submission.feed,
        submission.supplier,
        month.month_on::date as month_on,
        bool_or(submission.status <> 'refused') as is_received,
        bool_or(submission.is_synthetic) filter (where submission.status <> 'refused') as is_synthetic
    from submission
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    group by submission.feed, submission.supplier, month.month_on

),

expected_supplier as (

    select feed_supplier.feed, feed_supplier.supplier, supplier.until_on
    from {{ source('ops', 'feed_supplier') }} as feed_supplier
    left join {{ ref('supplier') }} as supplier on feed_supplier.supplier = supplier.supplier
    where feed_supplier.is_expected

),

-- The months that are due of each supplier, and what came of them: those of the period itself, and those before it that its
-- figure rests on too.
delivered as (

    select
        indicator.indicator_id,
        expected_supplier.feed,
        expected_supplier.supplier,
        period.period_id,
        count(*) filter (where supplier_month.is_received) as received_count,
        count(*) filter (where supplier_month.is_received and supplier_month.month_on >= period.start_on) as own_received_count,
        count(*) filter (where not supplier_month.is_received and supplier_month.month_on >= period.start_on) as refused_count,
        case
            when indicator.completeness = 'any_delivery' then 1
            else
                indicator.looks_back_months
                + {{ months_between('period.start_on', 'least(period.last_due_on, expected_supplier.until_on)') }} + 1
        end as due_count,
        coalesce(bool_or(supplier_month.is_synthetic), false) as is_synthetic
    from indicator
    inner join expected_supplier on expected_supplier.feed = any(indicator.feeds)
    inner join period
        on
            period.period_type = any(indicator.period_types)
            and (expected_supplier.until_on is null or period.start_on <= expected_supplier.until_on)
    left join supplier_month
        on
            expected_supplier.feed = supplier_month.feed
            and expected_supplier.supplier = supplier_month.supplier
            and supplier_month.month_on
            between period.start_on - make_interval(months => indicator.looks_back_months::integer) and period.last_due_on
    group by
        indicator.indicator_id, indicator.completeness, indicator.looks_back_months, expected_supplier.feed,
        expected_supplier.supplier, expected_supplier.until_on, period.period_id, period.start_on, period.last_due_on

),

-- Whose deliveries an area needs: of authorities those that it has a part of, of hospital trusts its own at a hospital's site
-- and all of them elsewhere, for people go to any. What has no place needs them all.
area_supplier as (

    select area.area_code, feed_supplier.supplier
    from area
    cross join (select distinct supplier from expected_supplier) as feed_supplier
    left join {{ ref('supplier') }} as supplier on feed_supplier.supplier = supplier.supplier
    left join area as own on supplier.area_code = own.area_code
    where
        (
            own.area_code is null
            or area.leaf_codes && own.leaf_codes
            or area.area_type in ('unplaced', 'police_force', 'hospital_site')
        )
        and (
            area.area_type <> 'hospital_site'
            or supplier.site_prefix is null
            or area.area_code like supplier.site_prefix || '%'
        )

),

completeness as (

    select
        delivered.indicator_id,
        delivered.period_id,
        area_supplier.area_code,
        case
            when bool_and(delivered.received_count >= delivered.due_count) then 'ok'
            when sum(delivered.own_received_count) > 0 then 'incomplete'
            when sum(delivered.refused_count) > 0 then 'refused'
            else 'awaiting_feed'
        end as feed_status,
        bool_or(delivered.is_synthetic) as is_synthetic
    from delivered
    inner join area_supplier on delivered.supplier = area_supplier.supplier
    group by delivered.indicator_id, delivered.period_id, area_supplier.area_code

)
{%- endmacro %}
