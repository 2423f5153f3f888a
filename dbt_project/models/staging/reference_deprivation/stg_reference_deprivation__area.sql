with source as (

    {{ rows_as_known('reference_deprivation', 'area') }}

),

final as (

    select
        source.submission_id,
        source.row_number,
        source.supplier,
        source.period_start_on,
        source.period_end_on,
        -- The year of an edition is the one in which its period ends.
        extract(year from source.period_end_on)::integer as edition,
        source.lsoa_code,
        (source.imd_decile + 1) / 2 as quintile,
        source.known_from_on,
        source.known_until_on,
        source.is_synthetic
    from source

)

select * from final
