{{ config(pre_hook=hash_joins_only(), group='figures') }}

{#- The charts of the last build, of which those without a figure that was made anew are taken over; none where nobody
    knows that they were whole. -#}
{% set kept = of_last_build() if is_layer_known() %}
{# How many months freeze a baseline, and how few there are limits for. #}
{% set baseline_months = 24 %}
{% set least_months = 12 %}
{% if model.resource_type != 'unit_test' -%}
-- depends_on: {{ ref('figure__touched') }}
{% endif -%}
with value as (

    select * from {{ ref('fct_indicator_value') }}
    where
        {{ is_total() }}
        and status = 'ok'
        {%- if kept %}
        and indicator_id in (select indicator_id from {{ ref('figure__touched') }})
        {%- endif %}

),

period as (

    select * from {{ ref('dim_period') }}
    where period_type = 'month'

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

event as (

    select distinct
        indicator_annotation.indicator_id,
        annotation.annotation_id,
        annotation.kind,
        annotation.ends_on,
        date_trunc('month', annotation.starts_on)::date as first_month_on
    from {{ ref('fct_indicator_annotation') }} as indicator_annotation
    inner join {{ ref('dim_annotation') }} as annotation
        on
            indicator_annotation.annotation_id = annotation.annotation_id
            and annotation.kind in ('break', 'context', 'drift')

),

-- A chart begins anew where something is known to have broken the series, and nowhere else. The months of a lockdown, of a
-- drift of recording, or of a break that ended, are shown and judged like all, and are no measure for others.
circumstance as materialized (

    select
        indicator.indicator_id,
        period.period_id,
        count(*) filter (where event.kind = 'break')::integer as phase,
        coalesce(bool_or(event.ends_on >= period.start_on), false) as is_unusual
    from indicator
    cross join period
    left join event on indicator.indicator_id = event.indicator_id and event.first_month_on <= period.start_on
    group by indicator.indicator_id, period.period_id

),

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
        circumstance.phase,
        not circumstance.is_unusual
        and count(*) filter (where not circumstance.is_unusual) over so_far <= {{ baseline_months }} as is_in_baseline
    from value
    inner join period on value.period_id = period.period_id
    inner join indicator on value.indicator_id = indicator.indicator_id
    inner join circumstance
        on value.indicator_id = circumstance.indicator_id and value.period_id = circumstance.period_id
    window so_far as (
        partition by value.indicator_id, value.area_code, circumstance.phase
        order by period.start_on rows unbounded preceding
    )

),

-- The moving range is the distance to the month before: to no earlier one where that is missing, and to none that is no
-- measure.
moved as (

    select
        *,
        case
            when
                is_in_baseline and lag(is_in_baseline) over series
                and lag(month_on) over series = month_on - interval '1 month'
                then abs(value - lag(value) over series)
        end as moving_range,
        (count(*) filter (where is_in_baseline) over phases)::integer as baseline_month_count
    from point
    window
        phases as (partition by indicator_id, area_code, phase),
        series as (phases order by month_on)

),

baseline as (

    select
        indicator_id,
        area_code,
        phase,
        avg(value) as mean_value,
        avg(moving_range) as mean_moving_range,
        sum(numerator) / nullif(sum(denominator), 0) as share
    from moved
    where is_in_baseline and baseline_month_count >= {{ least_months }}
    group by indicator_id, area_code, phase

),

limited as (

    select
        moved.*,
        baseline.mean_value - 2.66 * baseline.mean_moving_range as lower_natural_limit,
        baseline.mean_value + 2.66 * baseline.mean_moving_range as upper_natural_limit,
        case
            when moved.chart in ('u', 'p') then baseline.share * moved.multiplier
            else baseline.mean_value
        end as centre,
        case moved.chart
            when 'c' then sqrt(baseline.mean_value)
            when 'u' then sqrt(baseline.share / nullif(moved.denominator, 0)) * moved.multiplier
            when 'p' then sqrt(baseline.share * (1 - baseline.share) / nullif(moved.denominator, 0)) * moved.multiplier
            else 2.66 / 3 * baseline.mean_moving_range
        end as sigma
    from moved
    left join baseline
        on
            moved.indicator_id = baseline.indicator_id
            and moved.area_code = baseline.area_code
            and moved.phase = baseline.phase

),

-- Every month from the first to the last of a phase has its place, so that a missing one ends the runs.
signalled as (

    select
        phases.indicator_id,
        phases.area_code,
        (phases.first_month_on + make_interval(months => signals.place::integer - 1))::date as month_on,
        signals.signal
    from (
        select
            series.indicator_id,
            series.area_code,
            series.phase,
            series.first_month_on,
            -- Where the baseline never varied, as of a count that was always 0, whatever differs is outside it.
            array_agg(
                case
                    when limited.sigma = 0 then 4 * sign(limited.value - limited.centre)
                    else (limited.value - limited.centre) / limited.sigma
                end
                order by every.month_on
            ) as deviations
        from (
            select indicator_id, area_code, phase, min(month_on) as first_month_on, max(month_on) as last_month_on
            from point
            group by indicator_id, area_code, phase
        ) as series
        cross join lateral generate_series(
            series.first_month_on, series.last_month_on, interval '1 month'
        ) as every (month_on)
        left join limited
            on
                series.indicator_id = limited.indicator_id
                and series.area_code = limited.area_code
                and series.phase = limited.phase
                and every.month_on::date = limited.month_on
        group by series.indicator_id, series.area_code, series.phase, series.first_month_on
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
        -- Greatest passes over a NULL: where there is no limit it would give one of 0.
        case
            when limited.sigma is null then null
            when limited.chart in ('c', 'u', 'p') then greatest(limited.centre - 3 * limited.sigma, 0)
            else limited.centre - 3 * limited.sigma
        end as lower_limit,
        limited.centre + 3 * limited.sigma as upper_limit,
        limited.lower_natural_limit,
        limited.upper_natural_limit,
        signalled.signal,
        limited.phase,
        limited.is_in_baseline,
        limited.baseline_month_count,
        case
            when limited.baseline_month_count >= {{ baseline_months }} then 'frozen'
            when limited.baseline_month_count >= {{ least_months }} then 'provisional'
            else 'none'
        end as baseline_status,
        limited.is_synthetic
    from limited
    left join signalled
        on
            limited.indicator_id = signalled.indicator_id
            and limited.area_code = signalled.area_code
            and limited.month_on = signalled.month_on

)

select * from final
{%- if kept %}
union all
select * from {{ kept }}
where indicator_id not in (select indicator_id from {{ ref('figure__touched') }})
{%- endif %}
