{# What a slope over the quintiles of deprivation is fitted to, the most deprived first; on logarithms, so every quintile needs
   events. #}
{% macro quintile(known=none) -%}
{%- set of = "value_type = 'sii'" -%}
with counted as (

    select indicator_id, area_code, period_id, imd_quintile, sum(numerator) as numerator
    from {{ step('count', known, of) }} as fine_count
    where (sex, age_band, ethnicity) = ('all', 'all', 'all')
    group by indicator_id, area_code, period_id, imd_quintile

)

select
    population.indicator_id,
    population.area_code,
    population.period_id,
    array_agg(population.persons::double precision order by population.imd_quintile) as populations,
    array_agg(
        coalesce(counted.numerator, 0)::double precision / population.persons::double precision
        order by population.imd_quintile
    ) as rates,
    array_agg(1 / sqrt(nullif(counted.numerator, 0)::double precision) order by population.imd_quintile) as log_errors,
    case
        when bool_or(population.population_basis = 'latest_there_is') then 'latest_there_is'
        when bool_or(population.population_basis = 'estimated') then 'estimated'
        else 'published'
    end as population_basis
from {{ step('denominator', known, of) }} as population
left join counted
    on
        {{ is_same_figure('population', 'counted') }}
        and population.imd_quintile = counted.imd_quintile
where
    population.imd_quintile between '1' and '5'
    and population.indicator_id in (select indicator_id from {{ indicators_of(known, of) }} as asked)
group by population.indicator_id, population.area_code, population.period_id
having count(*) = 5
{%- endmacro %}
