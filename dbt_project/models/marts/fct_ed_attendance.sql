{{ config(materialized='view') }}

with attendance as (

    select * from {{ ref('int_ed__attendance') }}
    where {{ is_known_today() }}

)

-- No key, day, time, age in years or LSOA: what identifies an attendance stays in the layers below.
select
    month_on, area_code, site_area_code, age_band, sex, ethnicity, injury_group, is_assault, assault_method_code,
    assault_location_type_code, disposal_code, known_from_on, is_synthetic
from attendance
