with source as (

    {{ rows_as_known('police_street_crime', 'crime') }}

),

renamed as (

    select
        ---- ids
        source.submission_id,
        source.row_number,
        source.supplier,
        source.crime_id,

        ---- dates
        source.month as recorded_month_on,

        ---- codes
        source.crime_type,
        source.last_outcome_category,
        case when length(source.lsoa_code) = 9 then source.lsoa_code end as lsoa_code,

        ---- place
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.longitude end as longitude,
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.latitude end as latitude,

        ---- known
        source.known_from_on,
        source.known_until_on,
        ---- flags
        source.is_synthetic
    from source

)

select * from renamed
