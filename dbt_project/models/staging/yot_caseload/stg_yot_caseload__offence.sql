with source as (

    {{ rows_as_known('yot_caseload', 'offence') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        offence_id::text as offence_pid,
        child_id::text as child_pid,

        ---- dates
        period_start_on,
        period_end_on,
        offence_on,

        ---- codes
        offence_category as offence_category_code,

        ---- measures
        gravity,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
