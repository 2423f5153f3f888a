with source as (

    {{ rows_as_known('programme_ed_navigators', 'referral') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        site_code,
        referred_on,
        age,
        sex,
        injury_type,
        is_violence_related,
        is_engaged,
        session_count,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
