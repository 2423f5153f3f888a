{{ config(materialized='view') }}

with child as (

    select * from {{ ref('stg_yot_caseload__child') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

district as (

    select * from {{ ref('int_place__district') }}

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
    left join district on child.lad_code = district.district_code
    left join supplier on child.supplier = supplier.supplier

)

select * from final
