with source as (

    {{ rows_as_known('police_encompass', 'notification') }}

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
        notification_id,
        incident_ref,
        child_pid,
        -- Where the child or the incident is missing, the notification.
        coalesce(child_pid || ' ' || incident_ref, notification_id) as child_incident,

        ---- dates
        incident_at as incident_local_at,
        sent_at as sent_local_at,
        sent_at::date as sent_on,

        ---- codes
        mash as mash_code,
        da_risk as domestic_abuse_risk,
        status,

        ---- place
        lad_code as district_code,

        ---- numbers
        case when child_age between 0 and 18 then child_age::integer end as child_age,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        status in ('sent', 'late') as is_received_by_school,
        is_synthetic
    from source

)

select * from renamed
