{# What counts are divided by. #}
{% macro denominators() -%}
rate_population as (

    select
        indicator.indicator_id,
        population.area_code,
        period.period_id,
        population.age_band,
        population.sex,
        population.ethnicity,
        population.imd_quintile,
        sum(population.persons) as persons
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
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

),

-- Direct standardisation: the events and person-years of each standard band, those without events included.
standard_band as (

    select
        indicator.indicator_id,
        population.area_code,
        period.period_id,
        age_band.standard_band,
        standard.weight,
        sum(population.persons)::double precision as persons
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
    inner join {{ ref('dim_population') }} as population
        on
            population.population_vintage = '{{ var("population_vintage") }}'
            and population.sex = 'all'
            and population.mid_year = any(period.population_years)
    inner join age_band
        on
            population.age_band = age_band.age_band
            and age_band.age_from >= {{ population_age_from('indicator.population') }}
            and coalesce(age_band.age_to, 200) <= {{ population_age_to('indicator.population') }}
    inner join {{ ref('standard_population') }} as standard on age_band.standard_band = standard.standard_band
    where indicator.value_type = 'dsr'
    group by
        indicator.indicator_id, population.area_code, period.period_id, age_band.standard_band, standard.weight,
        period.population_years
    having count(distinct population.mid_year) = cardinality(period.population_years)

),

standard_count as (

    select
        fine_count.indicator_id,
        fine_count.area_code,
        fine_count.period_id,
        age_band.standard_band,
        sum(fine_count.numerator)::double precision as events
    from fine_count
    inner join age_band on fine_count.fine_age_band = age_band.age_band
    group by fine_count.indicator_id, fine_count.area_code, fine_count.period_id, age_band.standard_band

),

standardised as (

    select
        band.indicator_id,
        band.area_code,
        band.period_id,
        coalesce(sum(counted.events), 0) as events,
        sum(band.persons) as persons,
        sum(band.weight * coalesce(counted.events, 0) / band.persons) / sum(band.weight) as rate,
        sum(coalesce(counted.events, 0) * (band.weight / band.persons) ^ 2) / sum(band.weight) ^ 2 as variance
    from standard_band as band
    left join standard_count as counted
        on
            band.indicator_id = counted.indicator_id
            and band.area_code = counted.area_code
            and band.period_id = counted.period_id
            and band.standard_band = counted.standard_band
    group by band.indicator_id, band.area_code, band.period_id

),

ethnic_population as (

    select
        area_member.area_code,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group <> 'white') as minority_population,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group = 'white') as white_population
    from {{ ref('ethnic_population') }} as ethnic_population
    inner join area_member on ethnic_population.area_code = area_member.leaf_code
    where ethnic_population.census_year = {{ var('census_year') }}
    group by area_member.area_code

),

-- A slope over the quintiles of deprivation, the most deprived first; fitted on logarithms, so every quintile needs events.
quintile as (

    select
        population.indicator_id,
        population.area_code,
        population.period_id,
        array_agg(population.persons::double precision order by population.imd_quintile) as populations,
        array_agg(
            coalesce(counted.numerator, 0)::double precision / population.persons::double precision
            order by population.imd_quintile
        ) as rates,
        array_agg(1 / sqrt(nullif(counted.numerator, 0)::double precision) order by population.imd_quintile) as log_errors
    from rate_population as population
    left join counted
        on
            population.indicator_id = counted.indicator_id
            and population.area_code = counted.area_code
            and population.period_id = counted.period_id
            and population.imd_quintile = counted.imd_quintile
    where population.imd_quintile between '1' and '5'
    group by population.indicator_id, population.area_code, population.period_id
    having count(*) = 5

)
{%- endmacro %}
