{{ config(materialized='view') }}

select area_code as district_code
from {{ ref('area') }}
where area_type = 'district'
