with source as (

    {{ rows_as_known('ssda903', 'ad1') }}

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
        best_interest_on,
        matched_on,

        ---- codes
        adopters,
        adopters_sex as adopters_sex_code,
        adopters_legal_status as adopters_legal_status_code,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_by_foster_carer,
        is_synthetic
    from source

)

select * from renamed
