with source as (

    {{ current_rows('yot_caseload', 'offence') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        offence_id as offence_pid,
        child_id as child_pid,

        ---- dates
        period_start_on,
        period_end_on,
        offence_on,

        ---- codes
        ho_code,
        offence_category as offence_category_code,

        ---- measures
        gravity,

        ---- flags
        is_synthetic
    from source

)

select * from renamed
