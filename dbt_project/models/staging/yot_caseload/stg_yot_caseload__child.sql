with source as (

    {{ rows_as_known('yot_caseload', 'child') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        child_id::text as child_pid,
        pnc::text as pnc_pid,
        upn::text as upn_pid,

        ---- dates
        period_start_on,
        period_end_on,
        birth_month as birth_month_on,

        ---- codes
        sex as sex_code,
        ethnicity as ethnicity_code,
        lad_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
