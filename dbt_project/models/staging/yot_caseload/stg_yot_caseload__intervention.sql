with source as (

    {{ rows_as_known('yot_caseload', 'intervention') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        child_id as child_pid,

        ---- dates
        period_start_on,
        period_end_on,
        started_on,
        ended_on,

        ---- codes
        intervention_type as intervention_type_code,
        assessment as assessment_code,
        likelihood_reoffend as likelihood_of_reoffending_code,
        safety_wellbeing as safety_and_wellbeing_code,
        risk_serious_harm as risk_of_serious_harm_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
