with source as (

    {{ rows_as_known('ssda903', 'oc2') }}

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
        birth_month as birth_month_on,

        ---- codes
        sdq_reason as sdq_reason_code,

        ---- measures
        age_at_period_end,
        sdq_score,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_convicted,
        has_health_check,
        has_immunisations,
        has_teeth_check,
        has_health_assessment,
        has_substance_misuse,
        has_received_intervention,
        was_offered_intervention,
        is_synthetic
    from source

)

select * from renamed
