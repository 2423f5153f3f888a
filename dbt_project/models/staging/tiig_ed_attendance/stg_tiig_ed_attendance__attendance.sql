with source as (

    {{ rows_as_known('tiig_ed_attendance', 'attendance') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        upper(supplier) as provider_code,
        site_code,
        arrival_date as arrived_on,
        arrival_date + arrival_time::time as arrived_local_at,
        arrival_time = '00:00' as is_arrival_at_midnight,
        age,
        sex,
        ethnic_category,
        case when lsoa_residence ~ '^E01[0-9]{6}$' then lsoa_residence end as residence_lsoa_code,
        injury_group,
        incident_date as incident_on,
        incident_time,
        assault_location_type,
        assault_method,
        reported_to_police as reported_to_police_code,
        alcohol_3h as alcohol_three_hours_code,
        disposal as disposal_code,
        disposal = 'left_before_treatment' as has_left_before_treatment,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
