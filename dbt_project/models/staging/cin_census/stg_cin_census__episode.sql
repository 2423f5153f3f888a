with source as (

    {{ rows_as_known('cin_census', 'episode') }}

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
        birth_month as birth_month_on,
        expected_birth_month as expected_birth_month_on,
        referred_on,
        closed_on,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_no_further_action,
        is_synthetic
    from source

)

select * from renamed
