with source as (

    {{ rows_as_known('ssda903', 'episodes') }}

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
        new_episode_reason as new_episode_reason_code,
        legal_status as legal_status_code,
        need as need_code,
        placement as placement_code,
        placement_provider as placement_provider_code,
        ceased_reason as ceased_reason_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
