with population as (

    select * from {{ ref('int_population__estimate') }}

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
