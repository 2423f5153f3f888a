-- depends_on: {{ ref('fct_indicator_value') }}
with figure as (

    select * from {{ ref('published_figure') }}
    where not is_duplicate

),

measure as (

    select * from {{ ref('published_figure_measure') }}

),

period as (

    select * from {{ ref('dim_period') }}
    where period_type in ('month', 'quarter', 'financial_year')

),

dated as (

    select
        figure.*,
        measure.indicator_id,
        measure.measure,
        measure.area_code,
        measure.ethnicity,
        measure.scale,
        measure.explanation,
        period.period_id,
        -- The report says of some of its tables on which day their figures were taken.
        {{ as_type("substring(figure.section from 'as at ([0-9]{4}-[0-9]{2}-[0-9]{2})')", 'date') }} as computed_as_at
    from figure
    inner join measure on figure.item = measure.item and figure.corrected_label = measure.corrected_label
    left join period on figure.figure_started_on = period.start_on and figure.figure_ended_on = period.end_on

),

as_at as (

    select days.computed_as_at, value.*
    from (
        select computed_as_at, array_agg(distinct indicator_id) as indicator_ids
        from dated
        where computed_as_at is not null
        group by computed_as_at
    ) as days
    cross join lateral {{ function('indicator_as_at') }}(days.computed_as_at, days.indicator_ids) as value

),

-- Not materialized, because a printed figure is looked up by its key, and not in a copy of all.
today as not materialized (

    select * from {{ ref('fct_indicator_value') }}
    where (sex, age_band, imd_quintile) = ('all', 'all', 'all')

),

computed as (

    select
        dated.*,
        coalesce(
            as_at.status, today.status, case when dated.indicator_id is null then 'not_applicable' else 'no_period' end
        ) as status,
        {% for source in ('as_at', 'today') %}
        (case dated.measure
            when 'count' then {{ source }}.count::double precision
            when 'numerator' then {{ source }}.count::double precision
            when 'denominator' then {{ source }}.denominator::double precision
            when 'value' then {{ source }}.value
            when 'share' then {{ source }}.count::double precision / nullif({{ source }}_all.count, 0)
        end * dated.scale::double precision)::text::numeric as {{ source }}_value,
        {{ source }}.is_synthetic as is_{{ source }}_synthetic{% if not loop.last %},{% endif %}
        {%- endfor %}
    from dated
    left join as_at
        on
            dated.computed_as_at = as_at.computed_as_at
            and dated.indicator_id = as_at.indicator_id
            and dated.area_code = as_at.area_code
            and dated.period_id = as_at.period_id
            and dated.ethnicity = as_at.ethnicity
            and (as_at.sex, as_at.age_band, as_at.imd_quintile) = ('all', 'all', 'all')
    left join as_at as as_at_all
        on
            dated.computed_as_at = as_at_all.computed_as_at
            and dated.indicator_id = as_at_all.indicator_id
            and dated.area_code = as_at_all.area_code
            and dated.period_id = as_at_all.period_id
            and {{ is_total('as_at_all') }}
    left join today
        on
            dated.indicator_id = today.indicator_id
            and dated.area_code = today.area_code
            and dated.period_id = today.period_id
            and dated.ethnicity = today.ethnicity
    left join today as today_all
        on
            dated.indicator_id = today_all.indicator_id
            and dated.area_code = today_all.area_code
            and dated.period_id = today_all.period_id
            and today_all.ethnicity = 'all'

),

-- As at the day that the report names, or else today.
chosen as (

    select
        computed.*,
        case when computed_as_at is null then today_value else as_at_value end as computed_value,
        case when computed_as_at is null then is_today_synthetic else is_as_at_synthetic end as is_synthetic
    from computed

),

final as (

    select
        figure_number,
        item,
        corrected_label as label,
        printed_label,
        coalesce(period_id, period_label) as period_id,
        value as published,
        value_qualifier as qualifier,
        unit,
        indicator_id,
        area_code,
        computed_as_at,
        computed_value as computed,
        computed_value - value as difference,
        today_value as computed_today,
        status,
        correction_reason,
        -- A bound is compared as a bound, and a number with the digits that are printed; how near is "about" is ours.
        case value_qualifier
            when 'at_least' then computed_value >= value
            when 'at_most' then computed_value <= value
            when 'exact' then round(computed_value, scale(value)) = value
            else abs(computed_value - value) <= 0.1 * value
        end as is_reconciled,
        explanation,
        case when computed_value is not null then is_synthetic end as is_synthetic
    from chosen

)

select * from final
