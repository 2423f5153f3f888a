{{ config(materialized='view') }}

with lsoa as (

    select * from {{ ref('lsoa') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

ranked as (

    select imd_vintage as edition, 0 as submission_id, lsoa_code, quintile
    from {{ ref('deprivation') }}
    union all
    select edition, submission_id, lsoa_code, quintile
    from {{ ref('stg_reference_deprivation__area') }}

),

looked_up as (

    select * from {{ ref('stg_reference_lookup__area') }}

),

day as (

    select * from {{ ref('int_place__edition') }}

),

own as (

    select
        day.day_from_on,
        lsoa.lsoa_code,
        lsoa.harmonised_code,
        ranked.quintile
    from day
    inner join ranked on day.deprivation_edition = ranked.edition and day.deprivation_submission_id = ranked.submission_id
    inner join lsoa on ranked.lsoa_code = lsoa.lsoa_code

),

-- An LSOA that the edition does not have, because it is of another census, has the quintile of what it was split from or
-- merged with, where that is one.
of_the_whole as (

    select day_from_on, harmonised_code, min(quintile) as quintile
    from own
    group by day_from_on, harmonised_code
    having min(quintile) = max(quintile)

),

placed as (

    select
        lsoa.lsoa_code,
        case when looked_up.lsoa_code is null then lsoa.district_code else coalesce(district.district_code, 'OUT') end
            as district_code,
        lsoa.harmonised_code as harmonised_lsoa_code,
        coalesce(own.quintile::text, of_the_whole.quintile::text, 'unknown') as imd_quintile,
        day.day_from_on,
        day.day_until_on
    from lsoa
    cross join day
    left join own on lsoa.lsoa_code = own.lsoa_code and day.day_from_on = own.day_from_on
    left join of_the_whole
        on lsoa.harmonised_code = of_the_whole.harmonised_code and day.day_from_on = of_the_whole.day_from_on
    -- A lookup of LSOAs of 2021 says nothing of those of 2011: what it does not have stays where the house has it.
    left join looked_up on lsoa.lsoa_code = looked_up.lsoa_code and day.lookup_submission_id = looked_up.submission_id
    left join district on looked_up.district_code = district.district_code

),

final as (

    {{ spans_of_days('placed', ['lsoa_code', 'district_code', 'harmonised_lsoa_code', 'imd_quintile']) }}

)

select * from final
