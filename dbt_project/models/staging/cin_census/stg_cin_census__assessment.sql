with source as (

    {{ rows_as_known('cin_census', 'assessment') }}

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
        referred_on,
        authorised_on,

        ---- codes
        factors,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
