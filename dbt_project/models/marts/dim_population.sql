with population as (

    select
        population.area_code,
        population.mid_year,
        population.population_vintage,
        edition.census_year,
        population.sex,
        population.age_band,
        population.persons,
        population.is_estimated,
        edition.published_on as known_from_on,
        {{ end_of_time() }} as known_until_on
    from {{ ref('population') }} as population
    inner join {{ ref('population_edition') }} as edition
        on population.population_vintage = edition.population_vintage and population.mid_year = edition.mid_year

),

area_member as (

    select * from {{ ref('area_member') }}

),

final as (

    select
        area_member.area_code,
        population.mid_year,
        population.population_vintage,
        population.census_year,
        population.sex,
        population.age_band,
        sum(population.persons) as persons,
        bool_or(population.is_estimated) as is_estimated,
        population.known_from_on,
        population.known_until_on
    from population
    inner join area_member on population.area_code = area_member.leaf_code
    group by
        area_member.area_code, population.mid_year, population.population_vintage, population.census_year, population.sex,
        population.age_band, population.known_from_on, population.known_until_on

)

select * from final
