with area as (

    select * from {{ ref('area') }}

)

select area_code, area_name, area_type, sort_order from area
