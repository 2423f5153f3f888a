with source as (

    {{ rows_as_known('reference_population', 'estimate') }}

),

by_year as (

    select
        source.submission_id,
        source.row_number,
        source.supplier,
        source.period_start_on,
        source.period_end_on,
        source.area_code,
        source.sex as sex_code,
        source.age,
        counted.mid_year,
        counted.persons,
        source.known_from_on,
        source.known_until_on,
        source.is_synthetic
    from source
    cross join lateral (
        values
        (2011, source.population_2011),
        (2012, source.population_2012),
        (2013, source.population_2013),
        (2014, source.population_2014),
        (2015, source.population_2015),
        (2016, source.population_2016),
        (2017, source.population_2017),
        (2018, source.population_2018),
        (2019, source.population_2019),
        (2020, source.population_2020),
        (2021, source.population_2021),
        (2022, source.population_2022),
        (2023, source.population_2023),
        (2024, source.population_2024),
        (2025, source.population_2025),
        (2026, source.population_2026),
        (2027, source.population_2027),
        (2028, source.population_2028),
        (2029, source.population_2029),
        (2030, source.population_2030),
        (2031, source.population_2031),
        (2032, source.population_2032),
        (2033, source.population_2033),
        (2034, source.population_2034),
        (2035, source.population_2035),
        (2036, source.population_2036),
        (2037, source.population_2037),
        (2038, source.population_2038),
        (2039, source.population_2039),
        (2040, source.population_2040)
    ) as counted (mid_year, persons)
    where counted.persons is not null

)

select * from by_year
