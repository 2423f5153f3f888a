with source as (

    select * from {{ source('raw', 'police_street_crime__crime') }}

),

current_submission as (

    select submission_id, is_synthetic
    from {{ source('ops', 'submission') }}
    where status = 'accepted'

),

renamed as (

    select
        ---- ids
        source.submission_id,
        source.row_number,
        source.crime_id,

        ---- dates
        source.month as recorded_month_on,

        ---- codes
        source.crime_type,
        source.last_outcome_category,
        case when length(source.lsoa_code) = 9 then source.lsoa_code end as lsoa_code,

        ---- place
        source.location,
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.longitude end as longitude,
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.latitude end as latitude,

        ---- flags
        current_submission.is_synthetic
    from source
    inner join current_submission on source.submission_id = current_submission.submission_id

)

select * from renamed
