{# Direct standardisation: the events and person-years of each standard band, those without events included.
   rate = sum(w O / n) / sum(w), variance = sum(O (w / n)^2) / sum(w)^2 (Dobson's method needs both). #}
{% macro standardised(known=none) -%}
{%- set of = "value_type = 'dsr'" -%}
with standard_band as (

    select
        indicator.indicator_id,
        population.area_code,
        period.period_id,
        age_band.standard_band,
        standard.weight,
        sum(population.persons)::double precision as persons,
        max(population.population_vintage) as population_vintage,
        bool_or(population_year.is_latest_there_is) as is_latest_there_is,
        bool_or(population.is_estimated) as is_estimated
    from {{ indicators_of(known, of) }} as indicator
    inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
    inner join {{ step('population_year', known) }} as population_year
        on population_year.year_of_period = any(period.population_years)
    inner join {{ ref('dim_population') }} as population
        on
            population_year.population_vintage = population.population_vintage
            and population_year.mid_year = population.mid_year
            and population.sex = 'all'
    inner join {{ ref('age_band') }} as age_band
        on
            population.age_band = age_band.age_band
            and age_band.age_from >= {{ population_age_from('indicator.population') }}
            and coalesce(age_band.age_to, 200) <= {{ population_age_to('indicator.population') }}
    inner join {{ ref('standard_population') }} as standard on age_band.standard_band = standard.standard_band
    group by
        indicator.indicator_id, population.area_code, period.period_id, age_band.standard_band, standard.weight,
        period.population_years
    having count(distinct population_year.year_of_period) = cardinality(period.population_years)

),

standard_count as (

    select
        fine_count.indicator_id,
        fine_count.area_code,
        fine_count.period_id,
        age_band.standard_band,
        sum(fine_count.numerator)::double precision as events
    from {{ step('count', known, of) }} as fine_count
    inner join {{ ref('age_band') }} as age_band on fine_count.fine_age_band = age_band.age_band
    group by fine_count.indicator_id, fine_count.area_code, fine_count.period_id, age_band.standard_band

)

select
    band.indicator_id,
    band.area_code,
    band.period_id,
    coalesce(sum(counted.events), 0) as events,
    sum(band.persons) as persons,
    -- In one order, so that the same counts give the same digits on any day.
    sum(band.weight * coalesce(counted.events, 0) / band.persons order by band.standard_band) / sum(band.weight) as rate,
    sum(coalesce(counted.events, 0) * (band.weight / band.persons) ^ 2 order by band.standard_band) / sum(band.weight) ^ 2
        as variance,
    max(band.population_vintage) as population_vintage,
    {{ population_basis('band.is_latest_there_is', 'band.is_estimated', 'band.population_vintage') }} as population_basis
from standard_band as band
left join standard_count as counted
    on
        {{ is_same_figure('band', 'counted') }}
        and band.standard_band = counted.standard_band
group by band.indicator_id, band.area_code, band.period_id
{%- endmacro %}
