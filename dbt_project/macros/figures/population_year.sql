{# Which estimates rates of a day are divided by: for each year the mid-year whose estimate stands for it. They are of one series,
   so that no figure's years are of two: of those that were published by the day the one that reaches furthest, and of two that
   reach as far the newer. A year that is not out yet has the latest there is, for three years at most. Peoples have the newest
   census, which stands for every year. #}
{% macro population_year(known=none) -%}
{%- set day = day_of_home(known) -%}
with series as (

    select population_vintage, min(mid_year) as first_year, max(mid_year) as last_year
    from {{ ref('dim_population') }}
    where known_from_on <= {{ day }} and known_until_on > {{ day }}
    group by population_vintage
    order by max(mid_year) desc, max(known_from_on) desc
    limit 1

),

census as (

    select max(census_year) as census_year from {{ ref('ethnic_population') }}
    where published_on <= {{ day }}

)

select
    year as year_of_period,
    series.population_vintage,
    least(year, series.last_year) as mid_year,
    year > series.last_year as is_latest_there_is
from series
cross join lateral generate_series(series.first_year, series.last_year + 3) as year

union all

select year, 'Census ' || census.census_year, census.census_year, false
from series
cross join census
cross join lateral generate_series(series.first_year, series.last_year + 3) as year
{%- endmacro %}


{# How far what a rate is divided by is the ONS's own and of its own year: over the rows of a figure, the least of it. #}
{% macro population_basis(is_latest_there_is, is_estimated, vintage) -%}
    case
        when max({{ vintage }}) like 'Census %' then 'census'
        when bool_or({{ is_latest_there_is }}) then 'latest_there_is'
        when bool_or({{ is_estimated }}) then 'estimated'
        else 'published'
    end
{%- endmacro %}
