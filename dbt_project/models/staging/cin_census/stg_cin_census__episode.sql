with source as (

    {{ rows_as_known('cin_census', 'episode') }}

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
        birth_month as birth_month_on,
        expected_birth_month as expected_birth_month_on,
        referred_on,
        closed_on,
        initial_conference_on,

        ---- codes
        referral_source as referral_source_code,
        primary_need as primary_need_code,
        closure_reason as closure_reason_code,
        lea as lea_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_no_further_action,
        is_synthetic
    from source

)

select * from renamed
