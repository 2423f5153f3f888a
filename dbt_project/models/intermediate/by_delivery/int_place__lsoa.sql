{{ config(materialized='view') }}

with lsoa as (

    select * from {{ ref('lsoa') }}

),

deprivation as (

    select * from {{ ref('deprivation') }}
    where imd_vintage = '{{ var("imd_vintage") }}'

),

final as (

    select
        lsoa.lsoa_code,
        lsoa.district_code,
        lsoa.harmonised_code as harmonised_lsoa_code,
        coalesce(deprivation.quintile::text, 'unknown') as imd_quintile
    from lsoa
    left join deprivation
        on
            case when lsoa.lsoa_vintage = '2021' then lsoa.harmonised_code else lsoa.lsoa_code end = deprivation.lsoa_code

)

select * from final
