-- A count of a period, and what it is divided by, is the sum of those of its parts, wherever all of these are known. Residents are
-- those of a year's middle for each of its months, so that their months add up; of three years that are pooled the years add up.
{{ config(group='figures') }}
-- depends_on: {{ ref('figure__touched') }}
with part_of as (

    select
        part.period_id as part_id, part.period_type as part_type, whole.period_id,
        count(*) over (partition by whole.period_id, part.period_type) as parts
    from {{ ref('dim_period') }} as part
    inner join {{ ref('dim_period') }} as whole on part.start_on >= whole.start_on and part.end_on <= whole.end_on
    where (part.period_type, whole.period_type) in (
        ('month', 'quarter'), ('month', 'financial_year'), ('month', 'rolling_12_months'), ('quarter', 'financial_year'),
        ('financial_year', 'three_financial_years')
    )

),

{% if is_layer_known() -%}
-- The sums that this build may have changed: of a figure that it made, and those that the figure is part of.
tested as (

    select indicator_id, period_id from {{ ref('figure__touched') }}
    union
    select touched.indicator_id, part_of.period_id
    from {{ ref('figure__touched') }} as touched
    inner join part_of on touched.period_id = part_of.part_id

),

{% endif -%}
figure as (

    select
        value.indicator_id, value.area_code, value.period_id, value.sex, value.age_band, value.ethnicity, value.imd_quintile,
        each_measure.measure,
        each_measure.number * case when {{ is_of_residents() }} then least(period.month_count, 12) else 1 end as number,
        period.period_type <> 'rolling_12_months' or not {{ is_of_residents() }} as is_of_its_year
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_indicator') }} as indicator on value.indicator_id = indicator.indicator_id
    inner join {{ ref('dim_period') }} as period on value.period_id = period.period_id
    cross join lateral {{ summed_measures('value') }}
    where
        {{ is_sum('indicator') }}
        {%- if is_layer_known() %}
        and (value.indicator_id, value.period_id) in (
            select indicator_id, period_id from tested
            union all
            select tested.indicator_id, part_of.part_id from tested inner join part_of on tested.period_id = part_of.period_id
        )
        {%- endif %}

),

added as (

    select
        part.indicator_id, part.area_code, part_of.period_id, part_of.part_type, part.sex, part.age_band, part.ethnicity,
        part.imd_quintile, part.measure, sum(part.number) as number
    from figure as part
    inner join part_of on part.period_id = part_of.part_id
    where part.number is not null
    group by
        part.indicator_id, part.area_code, part_of.period_id, part_of.part_type, part.sex, part.age_band, part.ethnicity,
        part.imd_quintile, part.measure
    having count(*) = max(part_of.parts)

)

select
    indicator_id, area_code, period_id, part_type, sex, age_band, ethnicity, imd_quintile, measure, whole.number,
    added.number as of_parts
from figure as whole
inner join added using (indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, measure)
where
    whole.number <> added.number
    and whole.is_of_its_year
    {%- if is_layer_known() %}
    and (indicator_id, period_id) in (select indicator_id, period_id from tested)
    {%- endif %}
