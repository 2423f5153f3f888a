with source as (

    {{ rows_as_known('ssda903', 'oc2') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,
        child_id::text as child_pid,

        ---- dates
        period_start_on,
        period_end_on,
        birth_month as birth_month_on,

        ---- measures
        sdq_score,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_convicted,
        has_substance_misuse,
        is_synthetic
    from source

)

select * from renamed
