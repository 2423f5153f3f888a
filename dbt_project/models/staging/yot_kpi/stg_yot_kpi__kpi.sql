with source as (

    {{ rows_as_known('yot_kpi', 'kpi') }}

),

renamed as (

    select
        ---- ids
        submission_id,
        row_number,
        supplier,

        ---- dates
        period_start_on,
        period_end_on,

        ---- codes
        yot_code,
        kpi as kpi_code,
        cohort as cohort_code,

        ---- measures
        numerator,
        denominator,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        is_synthetic
    from source

)

select * from renamed
