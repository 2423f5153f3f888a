with source as (

    {{ rows_as_known('programme_divert', 'case') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        case_number::text as case_key,
        source as referral_source,
        age,
        sex,
        lad_code as district_code,
        referred_on,
        engaged_on,
        closed_on,
        ete_outcome,
        followed_up_on,
        is_rearrested,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
