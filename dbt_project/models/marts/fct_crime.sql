with crime as (

    select * from {{ ref('int_crime__street') }}

)

select
    submission_id, row_number, crime_id, recorded_month_on, crime_type, outcome_category, area_code, lsoa_code,
    harmonised_lsoa_code, longitude, latitude, is_synthetic
from crime
