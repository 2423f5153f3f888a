{# What came: for each indicator, period and area whether rows of every expected supplier serve for every month that is due.
   A supplier is expected for the months between its dates; a supplier of whose rows none serves has not delivered. And whether rows
   were set aside that the figure of an area may lack: it is no zero then, whatever it counts. #}
{% macro completeness(known=none) -%}
{%- set as_at = day_of(known) -%}
-- The ledger as the counts know it: what was accepted since is not counted, so it did not come yet.
with submission as (

    select * from {{ source('ops', 'counted_submission') }}
    where
        (is_ever_known and known_from_on <= {{ as_at }} and known_until_on > {{ as_at }})
        or (status = 'refused' and (received_at at time zone 'Europe/London')::date <= {{ as_at }})

),

supplier_month as (

    select
        submission.feed,
        submission.supplier,
        month.month_on::date as month_on,
        bool_or(submission.status <> 'refused' and submission.has_rows) as is_received,
        bool_or(submission.is_synthetic) filter (where submission.status <> 'refused') as is_synthetic
    from submission
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    group by submission.feed, submission.supplier, month.month_on

),

-- Rows that were set aside, where they were many, by the areas that they name.
set_aside as (

    select distinct
        submission.supplier,
        date_trunc('month', month.month_on)::date as month_on,
        submission.feed || '__' || aside.entity as entity,
        -- An authority counts those whose place is elsewhere as its own, so that a code of another's area says nothing of where.
        case
            when own.leaf_codes is null then aside.areas
            else array(select unnest(aside.areas) intersect select unnest(own.leaf_codes))
        end as areas
    from submission
    left join {{ ref('supplier') }} as supplier on submission.supplier = supplier.supplier
    left join {{ ref('dim_area') }} as own on supplier.area_code = own.area_code
    cross join lateral jsonb_to_recordset(submission.set_aside) as aside (entity text, areas text[])
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    where submission.status <> 'refused'

),

expected_supplier as (

    select
        feed,
        supplier,
        coalesce(valid_from, date '0001-01-01') as valid_from,
        coalesce(valid_until, {{ end_of_time() }}) as valid_until
    from {{ source('ops', 'feed_supplier') }}
    where is_expected

),

-- Between which days each supplier owes something to a figure of a period. It owes nothing where the first is after the last.
due as (

    select
        indicator.indicator_id,
        indicator.completeness,
        expected_supplier.feed,
        expected_supplier.supplier,
        period.period_id,
        {{ first_day_counted('period', 'indicator') }} as start_on,
        greatest(
            {{ first_day_counted('period', 'indicator') }} - make_interval(months => indicator.looks_back_months::integer), expected_supplier.valid_from
        )::date as first_on,
        least(period.last_due_on, expected_supplier.valid_until) as last_on,
        expected_supplier.valid_from <= period.last_due_on and expected_supplier.valid_until >= period.start_on as is_due
    from {{ indicators_of(known) }} as indicator
    inner join expected_supplier on expected_supplier.feed = any(indicator.feeds)
    inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}

),

-- The months that are due of each supplier, and what came of them: those of the period itself, and those before it that its
-- figure rests on too.
delivered as (

    select
        due.indicator_id,
        due.feed,
        due.supplier,
        due.period_id,
        due.is_due,
        -- Without one of its feeds a figure is no figure, however much the others bring.
        bool_or(due.is_due) over (partition by due.indicator_id, due.period_id, due.feed) as is_feed_due,
        count(*) filter (where supplier_month.is_received) as received_count,
        count(*) filter (where supplier_month.is_received and supplier_month.month_on >= due.start_on) as own_received_count,
        count(*) filter (where not supplier_month.is_received and supplier_month.month_on >= due.start_on) as refused_count,
        case
            when due.completeness = 'any_delivery' then 1
            else {{ months_between('due.first_on', 'due.last_on') }} + 1
        end as due_count,
        coalesce(bool_or(supplier_month.is_synthetic), false) as is_synthetic
    from due
    left join supplier_month
        on
            due.is_due
            and due.feed = supplier_month.feed
            and due.supplier = supplier_month.supplier
            and supplier_month.month_on between date_trunc('month', due.first_on) and due.last_on
    group by
        due.indicator_id, due.completeness, due.feed, due.supplier, due.period_id, due.start_on, due.first_on, due.last_on,
        due.is_due

),

-- Whose deliveries an area needs: of authorities those that it has a part of, of hospital trusts its own at a hospital's site
-- and all of them elsewhere, for people go to any. What has no place needs them all.
area_supplier as (

    select area.area_code, feed_supplier.supplier
    from {{ ref('dim_area') }} as area
    cross join (select distinct supplier from {{ source('ops', 'feed_supplier') }}) as feed_supplier
    left join {{ ref('supplier') }} as supplier on feed_supplier.supplier = supplier.supplier
    left join {{ ref('dim_area') }} as own on supplier.area_code = own.area_code
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

-- Of which areas' figures a row that was set aside may be one: of those that it names, and of all where it names none of their kind.
lacking as (

    select distinct beside.indicator_id, beside.period_id, area.area_code
    from (
        select distinct indicator.indicator_id, period.period_id, set_aside.supplier, set_aside.areas
        from {{ indicators_of(known) }} as indicator
        inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
        inner join {{ ref('figure__counted_from') }} as counted_from on indicator.indicator_id = counted_from.indicator_id
        inner join set_aside
            on
                counted_from.entity = set_aside.entity
                and set_aside.month_on <= period.last_due_on
                and set_aside.month_on >= date_trunc(
                    'month',
                    {{ first_day_counted('period', 'indicator') }} - make_interval(months => indicator.looks_back_months::integer)
                )
    ) as beside
    inner join area_supplier on beside.supplier = area_supplier.supplier
    inner join {{ ref('dim_area') }} as area on area_supplier.area_code = area.area_code
    cross join (select array_agg(area_code) as codes from {{ ref('dim_area') }} where area_type = 'hospital_site') as site
    where
        area.leaf_codes && beside.areas
        or case when area.area_type = 'hospital_site' then not beside.areas && site.codes else beside.areas <@ site.codes end

)

select
    delivered.indicator_id,
    delivered.period_id,
    area_supplier.area_code,
    case
        -- Nobody delivers it any more, or does yet.
        when not bool_and(delivered.is_feed_due) or not bool_or(delivered.is_due) then 'not_applicable'
        when bool_and(delivered.received_count >= delivered.due_count) filter (where delivered.is_due) then 'ok'
        when sum(delivered.own_received_count) > 0 then 'incomplete'
        when sum(delivered.refused_count) > 0 then 'refused'
        else 'awaiting_feed'
    end as feed_status,
    bool_or(delivered.is_synthetic) as is_synthetic,
    bool_or(lacking.area_code is not null) as is_lacking
from delivered
inner join area_supplier on delivered.supplier = area_supplier.supplier
left join lacking
    on
        delivered.indicator_id = lacking.indicator_id
        and delivered.period_id = lacking.period_id
        and area_supplier.area_code = lacking.area_code
{%- if left_out() %}
where delivered.indicator_id not in ({{ left_out_ids() }})
{%- endif %}
group by delivered.indicator_id, delivered.period_id, area_supplier.area_code
{%- if left_out() %}
union all
-- What came of them is not counted.
select indicator.indicator_id, period.period_id, area.area_code, 'awaiting_feed', false, false
from {{ indicators_of(known) }} as indicator
cross join {{ periods_of(known) }} as period
cross join {{ ref('dim_area') }} as area
where indicator.indicator_id in ({{ left_out_ids() }}) {{ and_is_touched(known) }}
{%- endif %}
{%- endmacro %}
