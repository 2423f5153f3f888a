{#- The populations that rates are of, as the indicators name them: all, an age range such as 0-17 or 16+, of females. -#}
{% set found = [] %}
{% for indicator in indicators() if indicator.population and indicator.population not in found %}
    {% do found.append(indicator.population) %}
{% endfor %}
with named as (

    select
        name as population,
        case when name like 'female %' then 'female' else 'all' end as sex,
        {{ population_age_from('name') }} as age_from,
        {{ population_age_to('name') }} as age_to,
        name !~ '\d' as is_every_age
    from unnest(array['{{ found | join("', '") }}']::text[]) as name

),

population as (

    select * from {{ ref('dim_population') }}
    where population_vintage = '{{ var("population_vintage") }}'

),

age_band as (

    select * from {{ ref('age_band') }}

),

area_member as (

    select * from {{ ref('area_member') }}

),

banded as (

    select
        named.population,
        named.sex as whose,
        population.area_code,
        population.mid_year,
        population.sex,
        age_band.reporting_band,
        population.persons
    from named
    inner join age_band
        on age_band.age_from >= named.age_from and coalesce(age_band.age_to, 200) <= named.age_to
    inner join population on age_band.age_band = population.age_band

),

by_age as (

    select population, area_code, mid_year, reporting_band as age_band, 'all' as sex, sum(persons) as persons
    from banded
    where sex = whose
    group by population, area_code, mid_year, reporting_band

),

by_sex as (

    select population, area_code, mid_year, 'all' as age_band, sex, sum(persons) as persons
    from banded
    where whose = 'all' and sex <> 'all'
    group by population, area_code, mid_year, sex

),

-- The estimate of all ages is there for more years than its ages are.
total as (

    select named.population, population.area_code, population.mid_year, sum(population.persons) as persons
    from named
    inner join population on named.sex = population.sex and population.age_band = 'all'
    where named.is_every_age
    group by named.population, population.area_code, population.mid_year

    union all

    select by_age.population, by_age.area_code, by_age.mid_year, sum(by_age.persons)
    from by_age
    inner join named on by_age.population = named.population and not named.is_every_age
    group by by_age.population, by_age.area_code, by_age.mid_year

),

by_quintile as (

    select
        named.population,
        area_member.area_code,
        lsoa_population.mid_year,
        lsoa.imd_quintile,
        sum(case named.population
            when '0-17' then lsoa_population.persons_0_17
            when '10-17' then lsoa_population.persons_10_17
            else lsoa_population.persons
        end) as persons
    from named
    cross join {{ ref('lsoa_population') }} as lsoa_population
    inner join {{ ref('int_place__lsoa') }} as lsoa on lsoa_population.lsoa_code = lsoa.lsoa_code
    inner join area_member on lsoa.district_code = area_member.leaf_code
    where
        named.population in ('all', '0-17', '10-17')
        and lsoa_population.census_year = {{ var('census_year') }}
        and (named.population = 'all' or lsoa_population.persons_0_17 is not null)
    group by named.population, area_member.area_code, lsoa_population.mid_year, lsoa.imd_quintile

),

by_ethnicity as (

    select
        named.population,
        area_member.area_code,
        total.mid_year,
        ethnic_population.ethnic_group as ethnicity,
        sum(ethnic_population.persons) as persons
    from named
    cross join {{ ref('ethnic_population') }} as ethnic_population
    inner join area_member on ethnic_population.area_code = area_member.leaf_code
    inner join total on named.population = total.population and area_member.area_code = total.area_code
    where named.population = 'all' and ethnic_population.census_year = {{ var('census_year') }}
    group by named.population, area_member.area_code, total.mid_year, ethnic_population.ethnic_group

),

final as (

    select
        population, area_code, mid_year, 'all' as age_band, 'all' as sex, 'all' as ethnicity, 'all' as imd_quintile, persons
    from total
    union all
    select population, area_code, mid_year, age_band, sex, 'all', 'all', persons from by_age
    union all
    select population, area_code, mid_year, age_band, sex, 'all', 'all', persons from by_sex
    union all
    select population, area_code, mid_year, 'all', 'all', ethnicity, 'all', persons from by_ethnicity
    union all
    -- The public files of searches know no finer groups.
    select population, area_code, mid_year, 'all', 'all', 'ethnic_minority', 'all', sum(persons) from by_ethnicity
    where ethnicity <> 'white'
    group by population, area_code, mid_year
    union all
    select population, area_code, mid_year, 'all', 'all', 'all', imd_quintile, persons from by_quintile

)

select * from final
