{{ config(pre_hook=hash_joins_only()) }}

{% set baseline_months = 24 %}
{% set least_months = 12 %}
with value as (

    select * from {{ ref('fct_indicator_value') }}
    where
        {{ is_total() }}
        and status = 'ok'

),

period as (

    select * from {{ ref('dim_period') }}
    where period_type = 'month'

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

series_break as materialized (

    select distinct indicator_annotation.indicator_id, date_trunc('month', annotation.starts_on)::date as month_on
    from {{ ref('fct_indicator_annotation') }} as indicator_annotation
    inner join {{ ref('dim_annotation') }} as annotation
        on indicator_annotation.annotation_id = annotation.annotation_id and annotation.kind = 'break'

),

-- A chart begins anew where something is known to have broken the series, and nowhere else.
point as (

    select
        value.indicator_id,
        value.area_code,
        value.period_id,
        period.start_on as month_on,
        indicator.multiplier::double precision as multiplier,
        case
            when indicator.value_type = 'count' then 'c'
            when indicator.value_type = 'crude_rate' then 'u'
            when indicator.value_type = 'proportion' then 'p'
            else 'xmr'
        end as chart,
        value.value,
        value.numerator::double precision as numerator,
        value.denominator::double precision as denominator,
        value.is_synthetic,
        (
            select count(*) from series_break
            where series_break.indicator_id = value.indicator_id and series_break.month_on <= period.start_on
        ) as phase
    from value
    inner join period on value.period_id = period.period_id
    inner join indicator on value.indicator_id = indicator.indicator_id

),

placed as (

    select
        *,
        row_number() over series as place,
        abs(value - lag(value) over series) as moving_range
    from point
    window series as (partition by indicator_id, area_code, phase order by month_on)

),

-- The baseline is frozen: the first months of the phase, at least {{ least_months }} of them.
baseline as (

    select
        indicator_id,
        area_code,
        phase,
        count(*) as month_count,
        avg(value) as mean_value,
        avg(moving_range) as mean_moving_range,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from placed
    where place <= {{ baseline_months }}
    group by indicator_id, area_code, phase
    having count(*) >= {{ least_months }}

),

limited as (

    select
        placed.indicator_id,
        placed.area_code,
        placed.period_id,
        placed.month_on,
        placed.phase,
        placed.place,
        placed.chart,
        placed.value,
        placed.is_synthetic,
        baseline.month_count as baseline_month_count,
        baseline.mean_value - 2.66 * baseline.mean_moving_range as lower_natural_limit,
        baseline.mean_value + 2.66 * baseline.mean_moving_range as upper_natural_limit,
        case
            when placed.chart in ('u', 'p') then baseline.numerator / nullif(baseline.denominator, 0) * placed.multiplier
            else baseline.mean_value
        end as centre,
        case placed.chart
            when 'c' then sqrt(baseline.mean_value)
            when 'u'
                then
                    sqrt(baseline.numerator / nullif(baseline.denominator, 0) / nullif(placed.denominator, 0))
                    * placed.multiplier
            when 'p'
                then
                    sqrt(
                        baseline.numerator / nullif(baseline.denominator, 0)
                        * (1 - baseline.numerator / nullif(baseline.denominator, 0)) / nullif(placed.denominator, 0)
                    ) * placed.multiplier
            else 2.66 / 3 * baseline.mean_moving_range
        end as sigma
    from placed
    left join baseline
        on
            placed.indicator_id = baseline.indicator_id
            and placed.area_code = baseline.area_code
            and placed.phase = baseline.phase

),

signalled as (

    select
        phases.indicator_id,
        phases.area_code,
        phases.phase,
        signals.place,
        signals.signal
    from (
        select
            indicator_id,
            area_code,
            phase,
            array_agg((value - centre) / nullif(sigma, 0) order by place) as deviations
        from limited
        group by indicator_id, area_code, phase
    ) as phases
    cross join lateral unnest(stats.spc_signals(phases.deviations, 0, 1)) with ordinality as signals (signal, place)

),

final as (

    select
        limited.indicator_id,
        limited.area_code,
        limited.period_id,
        limited.month_on,
        limited.chart,
        limited.value,
        limited.centre,
        case when limited.chart in ('c', 'u', 'p') then greatest(limited.centre - 3 * limited.sigma, 0) else
            limited.centre - 3 * limited.sigma
        end as lower_limit,
        limited.centre + 3 * limited.sigma as upper_limit,
        limited.lower_natural_limit,
        limited.upper_natural_limit,
        signalled.signal,
        limited.phase::integer as phase,
        limited.baseline_month_count,
        limited.is_synthetic
    from limited
    left join signalled
        on
            limited.indicator_id = signalled.indicator_id
            and limited.area_code = signalled.area_code
            and limited.phase = signalled.phase
            and limited.place = signalled.place

)

select * from final
