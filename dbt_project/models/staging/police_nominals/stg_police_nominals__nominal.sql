with source as (

    {{ rows_as_known('police_nominals', 'nominal') }}

),

renamed as (

    select
        ---- submission
        submission_id,
        row_number,
        supplier,

        ---- ids
        suspect_pid,
        pnc as pnc_pid,

        ---- dates
        period_start_on,
        period_end_on,
        month as recorded_month_on,
        birth_month as birth_month_on,

        ---- codes
        sex as sex_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        pnc_is_valid as is_pnc_valid,
        is_synthetic
    from source

)

select * from renamed
