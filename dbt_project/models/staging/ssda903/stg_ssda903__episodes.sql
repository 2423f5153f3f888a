with source as (

    {{ rows_as_known('ssda903', 'episodes') }}

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
        started_on,
        ended_on,

        ---- codes
        legal_status as legal_status_code,
        placement as placement_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
