{%- set kept = kept_figures(none) -%}
-- depends_on: {{ ref('figure__made_from') }}
with figure as (

    select
        indicator.indicator_id,
        indicator.feeds,
        indicator.reach,
        period.period_id,
        period.period_type,
        period.start_on,
        period.end_on,
        period.year_earlier_period_id,
        {{ first_day_counted('period', 'indicator') }}
        - make_interval(months => greatest(indicator.looks_back_months, indicator.counted_months_later)::integer) as first_on
    from {{ ref('dim_indicator') }} as indicator
    inner join {{ ref('dim_period') }} as period
        on period.period_type = any(indicator.period_types) and period.end_on >= indicator.series_starts_on

),

-- Once, and not for each figure: at fifty years 33 seconds.
touched_month as materialized (

    select coalesce(now.feed, built.feed) as feed, coalesce(now.month_on, built.month_on) as month_on
    from {{ ref('figure__made_from') }} as now
    full join (
        select * from ops.built_month
        where model = '{{ figures_model() }}'
    ) as built on now.feed = built.feed and now.month_on = built.month_on
    where now.inputs is distinct from built.inputs

),

-- Those whose own months changed, that there were none of, or that rest on what every figure rests on.
changed as (

    select * from figure
    where
        exists (
            select 1 from touched_month
            where
                touched_month.feed = '{{ of_all_figures() }}'
                or (
                    touched_month.feed = any(figure.feeds)
                    and (figure.reach = 'every_month' or touched_month.month_on between figure.first_on and figure.end_on)
                )
        )
        {% if kept -%}
        or period_id not in (select distinct period_id from {{ kept }})
        {%- else -%}
        or true
        {%- endif %}

)

select indicator_id, period_id from changed
{%- if kept %}
union
-- Those that are compared with one of them: a year later, after the baseline, and in a trend of five years.
select figure.indicator_id, figure.period_id
from figure
inner join changed
    on
        figure.indicator_id = changed.indicator_id
        and figure.period_type = changed.period_type
        and (
            figure.year_earlier_period_id = changed.period_id
            or changed.period_id = '{{ var("baseline_period") }}'
            or (
                figure.period_type in ('financial_year', 'academic_year')
                and figure.start_on between changed.start_on and changed.start_on + interval '4 years'
            )
        )
{%- endif %}
