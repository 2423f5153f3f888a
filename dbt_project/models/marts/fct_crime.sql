{{ config(materialized='view') }}

with crime as (

    select * from {{ ref('int_crime__street') }}
    where {{ is_known_today() }}

)

select
    submission_id, row_number, crime_id, month_on as recorded_month_on, crime_type, outcome_category, area_code, lsoa_code,
    harmonised_lsoa_code, longitude, latitude, known_from_on, is_synthetic
from crime
