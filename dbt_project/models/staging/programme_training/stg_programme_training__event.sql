with source as (

    {{ rows_as_known('programme_training', 'event') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        event_on,
        programme,
        event_type,
        audience,
        lad_code as district_code,
        sessions,
        attendees,
        unique_attendees,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(attendees_is_withheld, false) as is_attendees_withheld,
        coalesce(unique_attendees_is_withheld, false) as is_unique_attendees_withheld,
        is_synthetic
    from source

)

select * from renamed
