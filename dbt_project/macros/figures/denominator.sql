{# The residents that a rate of a period is of; of years that are pooled the sum of their mid-years. #}
{% macro denominator(known=none) -%}
{%- set on_day = day_of_home(known) -%}
-- The mid-years of each period, for all residents together and for the groups of financial years, so that estimates are found by
-- equality: joined in one statement, each estimate met every period of every indicator.
with year_of_period as materialized (

    select
        indicator.indicator_id,
        indicator.population,
        period.period_id,
        cardinality(period.population_years) as year_count,
        population_year.population_vintage,
        population_year.mid_year,
        population_year.is_latest_there_is,
        cell.is_total
    from {{ indicators_of(known) }} as indicator
    inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
    inner join {{ step('population_year', known) }} as population_year
        on population_year.year_of_period = any(period.population_years)
    inner join (values (true), (false)) as cell (is_total) on cell.is_total or period.period_type = 'financial_year'
    where indicator.population is not null

)

select
    year_of_period.indicator_id,
    population.area_code,
    year_of_period.period_id,
    population.age_band,
    population.sex,
    population.ethnicity,
    population.imd_quintile,
    sum(population.persons) as persons,
    max(population.population_vintage) as population_vintage,
    {{ population_basis('year_of_period.is_latest_there_is', 'population.is_estimated', 'population.population_vintage') }}
        as population_basis
from year_of_period
inner join {{ ref('dim_rate_population') }} as population
    on
        year_of_period.population = population.population
        and year_of_period.population_vintage = population.population_vintage
        and year_of_period.mid_year = population.mid_year
        and year_of_period.is_total = ({{ is_total('population') }})
where
    -- Quintiles are of the index of deprivation that was known on the day.
    population.known_from_on <= {{ on_day }}
    and population.known_until_on > {{ on_day }}
group by
    year_of_period.indicator_id, population.area_code, year_of_period.period_id, population.age_band, population.sex,
    population.ethnicity, population.imd_quintile, year_of_period.year_count
having count(*) = year_of_period.year_count
{%- endmacro %}
