with source as (

    {{ rows_as_known('police_adr', 'offence_count') }}

),

renamed as (

    select
        ---- submission
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,

        ---- dates
        period_start as quarter_start_on,

        ---- codes
        collection,
        offence_group,
        weapon_type,

        ---- numbers
        offence_count,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        offence_group = 'total' as is_total,
        coalesce(air_weapon, false) as is_air_weapon,
        coalesce(offence_count_is_withheld, false) as is_offence_count_withheld,
        is_synthetic
    from source

)

select * from renamed
