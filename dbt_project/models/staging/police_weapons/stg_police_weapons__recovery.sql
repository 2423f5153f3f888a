with source as (

    {{ rows_as_known('police_weapons', 'recovery') }}

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
        month as recovered_month_on,

        ---- codes
        bcu as police_division_code,
        lad_code as district_code,
        source as recovery_source,
        weapon_class,

        ---- numbers
        quantity,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        weapon_class = 'total' as is_total,
        is_estimated,
        coalesce(quantity_is_withheld, false) as is_quantity_withheld,
        is_synthetic
    from source

)

select * from renamed
