with shipped as (

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

-- A workbook is a series of its own: the ONS revises the years before its last one in it.
delivered as (

    select
        estimate.area_code,
        estimate.mid_year,
        'mid-2011 to mid-' || extract(year from estimate.period_start_on) || ', delivery ' || estimate.submission_id
            as population_vintage,
        -- Editions since November 2023 rest on it.
        2021 as census_year,
        coalesce(case estimate.sex_code when 'F' then 'female' when 'M' then 'male' end, 'all') as sex,
        coalesce(age_band.age_band, 'all') as age_band,
        sum(estimate.persons)::integer as persons,
        false as is_estimated,
        estimate.known_from_on,
        estimate.known_until_on
    from {{ ref('stg_reference_population__estimate') }} as estimate
    inner join {{ ref('area') }} as area on estimate.area_code = area.area_code and area.area_type = 'district'
    inner join {{ ref('age_band') }} as age_band
        on estimate.age between age_band.age_from and coalesce(age_band.age_to, estimate.age)
    group by
        estimate.area_code, estimate.mid_year, estimate.period_start_on, estimate.submission_id, estimate.known_from_on,
        estimate.known_until_on,
        cube (estimate.sex_code, age_band.age_band)

),

final as (

    select * from shipped
    union all
    select * from delivered

)

select * from final
