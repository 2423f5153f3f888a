{{ config(materialized='view') }}

-- Spans of days in which every small area stayed in its district and quintile.
with place_day as (

    select
        known_from_on as place_from_on,
        lead(known_from_on, 1, {{ end_of_time() }}) over (order by known_from_on) as place_until_on
    from (select distinct known_from_on from {{ ref('int_place__lsoa') }}) as changed

),

small_area as (

    select
        lsoa.district_code,
        place_day.place_from_on,
        place_day.place_until_on,
        small.census_year,
        small.mid_year,
        counted.population,
        lsoa.imd_quintile,
        sum(counted.persons) as persons
    from {{ ref('lsoa_population') }} as small
    inner join {{ ref('int_place__lsoa') }} as lsoa on small.lsoa_code = lsoa.lsoa_code
    inner join place_day
        on lsoa.known_from_on <= place_day.place_from_on and lsoa.known_until_on > place_day.place_from_on
    cross join lateral (
        values ('all', small.persons), ('0-17', small.persons_0_17), ('10-17', small.persons_10_17)
    ) as counted (population, persons)
    where counted.persons is not null
    group by
        lsoa.district_code, place_day.place_from_on, place_day.place_until_on, small.census_year, small.mid_year,
        counted.population, lsoa.imd_quintile

)

select * from small_area
