with source as (

    {{ rows_as_known('police_marac', 'marac_case') }}

),

renamed as (

    select
        ---- submission
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,

        ---- ids
        marac_id,
        victim_pid,

        ---- dates
        meeting_date as meeting_on,

        ---- codes
        referral_source,
        victim_sex as victim_sex_code,
        model,

        ---- place
        lad_code as district_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_repeat,
        is_synthetic
    from source

)

select * from renamed
