with indicator as (

    select * from {{ ref('dim_indicator') }}

),

period as (

    select * from {{ ref('dim_period') }}

),

annotation as (

    select * from {{ ref('dim_annotation') }}

),

-- An annotation touches the indicators that it names, or else those of which it touches a feed.
touched as (

    select
        indicator.indicator_id,
        indicator.period_types,
        annotation.annotation_id,
        annotation.kind,
        -- Where events are counted months after they happened, what changed then is in the figures of those months.
        (annotation.starts_on + later.span)::date as starts_on,
        coalesce((annotation.ends_on + later.span)::date, 'infinity') as ends_on,
        -- A break that lasts divides what is before its first day from what is after. One that ends, and a drift, also
        -- divide what lies in their days from all else.
        (coalesce(annotation.ends_on, annotation.starts_on - 1) + later.span)::date as divides_until_on
    from indicator
    cross join lateral (select make_interval(months => indicator.counted_months_later::integer) as span) as later
    inner join annotation
        on
            annotation.domain = 'all'
            or indicator.indicator_id = any(string_to_array(annotation.indicator_ids, ' '))
            or annotation.indicator_ids is null
            and exists (
                select 1
                from unnest(indicator.feeds) as feed (name)
                where
                    case
                        when feed.name like 'police\_%' then 'police'
                        when feed.name like 'tiig\_%' or feed.name like 'istv\_%' or feed.name like 'hes\_%' then 'hospital'
                    end = annotation.domain
            )

),

-- The days of a figure, of those that it is compared with, and of the five years of its trend.
reach as (

    select
        period.period_id,
        period.period_type,
        period.start_on,
        period.end_on,
        earlier.start_on as earlier_start_on,
        earlier.end_on as earlier_end_on,
        baseline.start_on as baseline_start_on,
        baseline.end_on as baseline_end_on,
        case
            when period.period_type in ('financial_year', 'academic_year')
                then (period.start_on - interval '4 years')::date
        end as trend_start_on
    from period
    left join period as earlier
        on
            -- Three years and the next three overlap in two: no change is given.
            period.period_type <> 'three_financial_years'
            and period.year_earlier_period_id = earlier.period_id
    left join period as baseline
        on
            period.period_type = 'financial_year'
            and baseline.period_id = '{{ var("baseline_period") }}'
            and period.period_id <> baseline.period_id

),

beside as (

    select
        touched.indicator_id,
        reach.period_id,
        touched.annotation_id,
        touched.starts_on <= reach.end_on and touched.ends_on >= reach.start_on as is_beside_figure,
        {% for other, name in [('earlier', 'year_earlier_change'), ('baseline', 'baseline_comparison')] -%}
        case
            when reach.{{ other }}_start_on is null then false
            -- What lies between two periods matters only where it divides them.
            when touched.kind = 'context'
                then
                    (touched.starts_on <= reach.end_on and touched.ends_on >= reach.start_on)
                    or (touched.starts_on <= reach.{{ other }}_end_on and touched.ends_on >= reach.{{ other }}_start_on)
            else
                touched.starts_on <= greatest(reach.end_on, reach.{{ other }}_end_on)
                and touched.divides_until_on >= least(reach.start_on, reach.{{ other }}_start_on)
        end as is_beside_{{ name }},
        {% endfor -%}
        case
            when reach.trend_start_on is null then false
            else
                touched.starts_on <= reach.end_on
                and case when touched.kind = 'context' then touched.ends_on else touched.divides_until_on end
                >= reach.trend_start_on
        end as is_beside_trend
    from touched
    inner join reach on reach.period_type = any(touched.period_types)

),

final as (

    select * from beside
    where is_beside_figure or is_beside_year_earlier_change or is_beside_baseline_comparison or is_beside_trend

)

select * from final
