with crime as (

    select * from {{ ref('stg_police_street_crime__crime') }}

),

lsoa as (

    select * from {{ ref('lsoa') }}

),

-- A crime that comes again, in its file or in a later month's, is one crime: of the first month it was in, with the
-- latest outcome. Incidents without an identifier are each their own.
ranked as (

    select
        *,
        row_number() over (partition by crime_id order by recorded_month_on asc, row_number desc) as place,
        first_value(last_outcome_category)
            over (partition by crime_id order by recorded_month_on desc, row_number desc) as latest_outcome_category
    from crime
    where crime_id is not null

),

counted_once as (

    select
        submission_id, row_number, crime_id, recorded_month_on, crime_type, lsoa_code, longitude, latitude, is_synthetic,
        latest_outcome_category as outcome_category
    from ranked
    where place = 1

    union all

    select
        submission_id, row_number, crime_id, recorded_month_on, crime_type, lsoa_code, longitude, latitude, is_synthetic,
        last_outcome_category as outcome_category
    from crime
    where crime_id is null

),

placed as (

    select
        counted_once.*,
        lsoa.harmonised_code as harmonised_lsoa_code,
        case
            when lsoa.district_code is not null then lsoa.district_code
            when counted_once.lsoa_code is not null then 'OUT'
            else 'UNK'
        end as area_code
    from counted_once
    left join lsoa on counted_once.lsoa_code = lsoa.lsoa_code

)

select * from placed
