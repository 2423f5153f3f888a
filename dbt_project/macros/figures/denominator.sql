{# The residents that a rate of a period is of: of a rolling year, or of years that are pooled, the sum of its mid-years. #}
{% macro denominator(known=none) -%}
select
    indicator.indicator_id,
    population.area_code,
    period.period_id,
    population.age_band,
    population.sex,
    population.ethnicity,
    population.imd_quintile,
    sum(population.persons) as persons
from {{ indicators_of(known) }} as indicator
inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types)
inner join {{ ref('dim_rate_population') }} as population
    on
        indicator.population = population.population
        and population.mid_year = any(period.population_years)
        and (
            period.period_type = 'financial_year'
            or {{ is_total('population') }}
        )
group by
    indicator.indicator_id, population.area_code, period.period_id, population.age_band, population.sex,
    population.ethnicity, population.imd_quintile, period.population_years
having count(*) = cardinality(period.population_years)
{%- endmacro %}
