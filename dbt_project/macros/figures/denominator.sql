{# The residents that a rate of a period is of; of years that are pooled the sum of their mid-years. #}
{% macro denominator(known=none) -%}
{%- set on_day = day_of_home(known) -%}
select
    indicator.indicator_id,
    population.area_code,
    period.period_id,
    population.age_band,
    population.sex,
    population.ethnicity,
    population.imd_quintile,
    sum(population.persons) as persons,
    max(population.population_vintage) as population_vintage,
    {{ population_basis('population_year.is_latest_there_is', 'population.is_estimated', 'population.population_vintage') }}
        as population_basis
from {{ indicators_of(known) }} as indicator
inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
inner join {{ step('population_year', known) }} as population_year
    on population_year.year_of_period = any(period.population_years)
inner join {{ ref('dim_rate_population') }} as population
    on
        indicator.population = population.population
        and population_year.population_vintage = population.population_vintage
        and population_year.mid_year = population.mid_year
        -- Quintiles are of the index of deprivation that was known on the day.
        and population.known_from_on <= {{ on_day }}
        and population.known_until_on > {{ on_day }}
        and (
            period.period_type = 'financial_year'
            or {{ is_total('population') }}
        )
group by
    indicator.indicator_id, population.area_code, period.period_id, population.age_band, population.sex,
    population.ethnicity, population.imd_quintile, period.population_years
having count(*) = cardinality(period.population_years)
{%- endmacro %}
