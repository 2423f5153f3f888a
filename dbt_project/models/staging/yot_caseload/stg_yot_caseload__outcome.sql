with source as (

    {{ rows_as_known('yot_caseload', 'outcome') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        child_id::text as child_pid,
        offence_id::text as offence_pid,

        ---- dates
        period_start_on,
        period_end_on,
        outcome_on,

        ---- codes
        outcome_type as outcome_type_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_substantive,
        is_first,
        is_synthetic
    from source

)

select * from renamed
