with area as (

    select * from {{ ref('frozen__dim_area') }}

),

outline as (

    select * from {{ ref('frozen__dim_area_outline') }}

),

member as (

    select * from {{ ref('frozen__area_member') }}

),

part as (

    select
        member.leaf_code as area_code,
        max(whole.area_code) filter (where whole.area_type = 'police_division') as police_division_code,
        max(whole.area_code) filter (
            where whole.area_type = 'upper_tier' or whole.area_code = member.leaf_code and whole.area_code like 'E06%'
        ) as upper_tier_code
    from member
    inner join area as whole on member.area_code = whole.area_code
    where member.leaf_code ~ '^E0[67]'
    group by member.leaf_code

)

select
    area.area_code,
    area.area_name,
    area.area_type,
    part.police_division_code,
    division.area_name as police_division_name,
    part.upper_tier_code,
    upper_tier.area_name as upper_tier_name,
    area.sort_order,
    outline.longitude,
    outline.latitude,
    outline.boundary_wkt,
    outline.boundary_geojson
from area
left join part on area.area_code = part.area_code
left join area as division on part.police_division_code = division.area_code
left join area as upper_tier on part.upper_tier_code = upper_tier.area_code
left join outline on area.area_code = outline.area_code
