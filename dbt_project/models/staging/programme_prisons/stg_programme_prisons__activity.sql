with source as (

    {{ rows_as_known('programme_prisons', 'activity') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        activity_type,
        prison,
        cohort,
        lad_code as district_code,
        started_on,
        ended_on,
        starts,
        completes,
        notifications,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(starts_is_withheld, false) as is_starts_withheld,
        coalesce(completes_is_withheld, false) as is_completes_withheld,
        coalesce(notifications_is_withheld, false) as is_notifications_withheld,
        is_synthetic
    from source

)

select * from renamed
