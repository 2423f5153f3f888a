{# The two sides of a ratio: an ethnic minority's events and residents beside those of White people. #}
{% macro ratio(known=none) -%}
{%- set of = "value_type = 'ratio'" -%}
with group_count as (

    select
        indicator_id,
        area_code,
        period_id,
        coalesce(sum(numerator) filter (where ethnicity not in ('all', 'white', 'not_stated')), 0) as minority_count,
        coalesce(sum(numerator) filter (where ethnicity = 'white'), 0) as white_count
    from {{ step('count', known, of) }} as counted
    where indicator_id in (select indicator_id from {{ indicators_of(known, of) }} as asked)
    group by indicator_id, area_code, period_id

),

ethnic_population as (

    select
        area_code,
        population_vintage,
        sum(persons) filter (where ethnicity = 'ethnic_minority') as minority_population,
        sum(persons) filter (where ethnicity = 'white') as white_population
    from {{ ref('dim_rate_population') }}
    where
        ethnicity in ('ethnic_minority', 'white')
        and population_vintage in (select population_vintage from {{ step('population_year', known) }} as population_year)
    group by area_code, population_vintage

)

select
    indicator.indicator_id,
    area.area_code,
    period.period_id,
    coalesce(group_count.minority_count, 0) as minority_count,
    coalesce(group_count.white_count, 0) as white_count,
    ethnic_population.minority_population,
    ethnic_population.white_population,
    ethnic_population.population_vintage
from {{ indicators_of(known, of) }} as indicator
inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
inner join {{ ref('dim_area') }} as area on area.area_levels && indicator.geo_levels
left join ethnic_population on area.area_code = ethnic_population.area_code
left join group_count
    on
        indicator.indicator_id = group_count.indicator_id
        and area.area_code = group_count.area_code
        and period.period_id = group_count.period_id
{%- endmacro %}
