{#- The populations that rates are of, as the indicators name them: all, an age range such as 0-17 or 16+, of females. -#}
{% set found = [] %}
{% for indicator in indicators() if indicator.population and indicator.population not in found %}
    {% do found.append(indicator.population) %}
{% endfor %}
{#- What tells a series of estimates, and when a year of it was known. -#}
{% set series = 'population_vintage, census_year, mid_year, known_from_on, known_until_on' %}
with named as (

    select
        name as population,
        case when name like 'female %' then 'female' else 'all' end as sex,
        {{ population_age_from('name') }} as age_from,
        {{ population_age_to('name') }} as age_to,
        name !~ '\d' as is_every_age
    from unnest(array['{{ found | join("', '") }}']::text[]) as name

),

banded as (

    select
        named.population,
        named.sex as whose,
        population.*,
        age_band.reporting_band
    from named
    inner join {{ ref('age_band') }} as age_band
        on age_band.age_from >= named.age_from and coalesce(age_band.age_to, 200) <= named.age_to
    inner join {{ ref('dim_population') }} as population on age_band.age_band = population.age_band

),

by_age as (

    select
        population,
        area_code,
        {{ series }},
        reporting_band as age_band,
        sum(persons) as persons,
        bool_or(is_estimated) as is_estimated
    from banded
    where sex = whose
    group by population, area_code, {{ series }}, reporting_band

),

by_sex as (

    select population, area_code, {{ series }}, sex, sum(persons) as persons, bool_or(is_estimated) as is_estimated
    from banded
    where whose = 'all' and sex <> 'all'
    group by population, area_code, {{ series }}, sex

),

-- The estimate of all ages is there for more years than its ages are.
total as (

    select named.population, population.area_code, {{ series }}, population.persons, population.is_estimated
    from named
    inner join {{ ref('dim_population') }} as population on named.sex = population.sex and population.age_band = 'all'
    where named.is_every_age

    union all

    select population, area_code, {{ series }}, sum(persons), bool_or(is_estimated)
    from by_age
    where
        population in (
            select named.population from named
            where not named.is_every_age
        )
    group by population, area_code, {{ series }}

),

small_area as (

    select * from {{ ref('int_population__small_area') }}

),

-- What share of a district's residents lives in a quintile is that of the nearest year whose small areas are known.
nearest as (

    select distinct on (total.population, total.population_vintage, total.area_code, total.mid_year)
        total.*,
        small_area.mid_year as small_area_year
    from total
    inner join small_area
        on
            total.area_code = small_area.district_code
            and total.census_year = small_area.census_year
            and total.population = small_area.population
    order by
        total.population, total.population_vintage, total.area_code, total.mid_year,
        abs(total.mid_year - small_area.mid_year), small_area.mid_year

),

shared as (

    select
        nearest.population,
        nearest.area_code,
        nearest.population_vintage,
        nearest.census_year,
        nearest.mid_year,
        nearest.persons,
        nearest.is_estimated,
        -- The day on which the places were known stands beside that of the estimate.
        greatest(nearest.known_from_on, small_area.place_from_on) as known_from_on,
        least(nearest.known_until_on, small_area.place_until_on) as known_until_on,
        small_area.imd_quintile,
        sum(small_area.persons) over whole as small_area_persons,
        sum(small_area.persons) over in_order as persons_to_here,
        sum(small_area.persons) over in_order - small_area.persons as persons_before
    from nearest
    inner join small_area
        on
            nearest.area_code = small_area.district_code
            and nearest.census_year = small_area.census_year
            and nearest.population = small_area.population
            and nearest.small_area_year = small_area.mid_year
            and nearest.known_from_on < small_area.place_until_on
            and nearest.known_until_on > small_area.place_from_on
    window
        whole as (
            partition by
                nearest.population, nearest.population_vintage, nearest.area_code, nearest.mid_year, small_area.place_from_on
        ),
        in_order as (whole order by small_area.imd_quintile)

),

-- The estimate of the district is divided in whole persons, and nobody is lost.
by_quintile as (

    select
        shared.population,
        area_member.area_code,
        {{ series }},
        shared.imd_quintile,
        sum(
            round(shared.persons * shared.persons_to_here / shared.small_area_persons)
            - round(shared.persons * shared.persons_before / shared.small_area_persons)
        ) as persons,
        bool_or(shared.is_estimated or shared.persons <> shared.small_area_persons) as is_estimated
    from shared
    inner join {{ ref('area_member') }} as area_member on shared.area_code = area_member.leaf_code
    group by shared.population, area_member.area_code, {{ series }}, shared.imd_quintile

),

-- Peoples are counted by a census, which stands for every year.
by_ethnicity as (

    select
        'all' as population,
        area_member.area_code,
        'Census ' || ethnic_population.census_year as population_vintage,
        ethnic_population.census_year,
        ethnic_population.census_year as mid_year,
        ethnic_population.published_on as known_from_on,
        {{ end_of_time() }} as known_until_on,
        grouped.ethnicity,
        sum(ethnic_population.persons) as persons
    from {{ ref('ethnic_population') }} as ethnic_population
    inner join {{ ref('area_member') }} as area_member on ethnic_population.area_code = area_member.leaf_code
    -- The public files of searches know no finer groups than white and the others.
    cross join lateral (
        select ethnic_population.ethnic_group as ethnicity
        union all
        select 'ethnic_minority'
        where ethnic_population.ethnic_group <> 'white'
    ) as grouped
    group by area_member.area_code, ethnic_population.census_year, ethnic_population.published_on, grouped.ethnicity

),

final as (

    select
        population, area_code, {{ series }},
        'all' as age_band, 'all' as sex, 'all' as ethnicity, 'all' as imd_quintile, persons, is_estimated
    from total
    union all
    select population, area_code, {{ series }}, age_band, 'all', 'all', 'all', persons, is_estimated from by_age
    union all
    select population, area_code, {{ series }}, 'all', sex, 'all', 'all', persons, is_estimated from by_sex
    union all
    select population, area_code, {{ series }}, 'all', 'all', ethnicity, 'all', persons, false from by_ethnicity
    union all
    select population, area_code, {{ series }}, 'all', 'all', 'all', imd_quintile, persons, is_estimated from by_quintile

)

select * from final
