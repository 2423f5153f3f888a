{{ config(materialized='view') }}

with child as (

    select * from {{ ref('stg_yot_caseload__child') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- The districts of each authority. A child of another authority's counts for the team's, because a team knows all of its own
-- area and would otherwise know a part of its neighbours' counts.
district as (

    select
        member.area_code as authority_code,
        district.district_code
    from {{ ref('int_place__district') }} as district
    inner join {{ ref('area_member') }} as member on district.district_code = member.leaf_code

),

final as (

    select
        child.submission_id,
        child.child_pid,
        child.birth_month_on,
        coalesce(district.district_code, supplier.area_code) as area_code,
        district.district_code is not null as has_district,
        {{ sex_group('child.sex_code') }} as sex,
        {{ ethnic_group('child.ethnicity_code') }} as ethnicity
    from child
    left join supplier on child.supplier = supplier.supplier
    left join district on child.lad_code = district.district_code and supplier.area_code = district.authority_code

)

select * from final
