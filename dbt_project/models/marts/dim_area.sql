with area as (

    select * from {{ ref('area') }}

),

member as (

    select area_code, array_agg(leaf_code order by leaf_code) as leaf_codes
    from {{ ref('area_member') }}
    group by area_code

),

final as (

    select
        area.area_code,
        area.area_name,
        area.area_type,
        -- A unitary authority is a district and an upper-tier authority at once.
        case
            when area.area_type = 'district' and area.area_code like 'E06%' then array['district', 'upper_tier']
            else array[area.area_type]
        end as area_levels,
        coalesce(member.leaf_codes, '{}') as leaf_codes,
        area.sort_order
    from area
    left join member on area.area_code = member.area_code

)

select * from final
