with source as (

    {{ current_rows('programme_training', 'event') }}

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
        organisation,
        audience,
        lad_code as district_code,
        sessions,
        attendees,
        unique_attendees,
        value_qualifier,
        is_synthetic
    from source

)

select * from renamed
