with source as (

    {{ rows_as_known('istv_assault', 'assault') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        reporting_period_starts_on,
        reporting_period_ends_on,
        site_code,
        arrived_local_at,
        assaulted_local_at,
        assault_method_code,
        assault_location_type_code,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
