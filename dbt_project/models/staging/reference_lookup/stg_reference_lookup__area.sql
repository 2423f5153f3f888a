with source as (

    {{ rows_as_known('reference_lookup', 'area') }}

),

-- An LSOA of both censuses stands in both columns, and one that was split in several rows, always in the same district.
final as (

    select distinct
        source.submission_id,
        source.supplier,
        source.period_start_on,
        source.period_end_on,
        -- The year of an edition is the one in which its period ends.
        extract(year from source.period_end_on)::integer as edition,
        area.lsoa_code,
        source.district_code,
        source.known_from_on,
        source.known_until_on,
        source.is_synthetic
    from source
    cross join lateral (
        values (2011, source.lsoa_2011_code), (2021, source.lsoa_2021_code)
    ) as area (census_year, lsoa_code)
    where area.lsoa_code is not null

)

select * from final
