with source as (

    {{ rows_as_known('public_outcomes', 'value') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        indicator_id,
        area_code,
        period_label,
        age_band,
        numerator,
        denominator,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
