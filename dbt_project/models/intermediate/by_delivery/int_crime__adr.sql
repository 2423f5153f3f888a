with offence_count as (

    select * from {{ ref('stg_police_adr__offence_count') }}

),

final as (

    select
        submission_id,
        row_number,
        quarter_start_on as month_on,
        -- The return knows only the force, which is the county.
        'LANCS-14' as area_code,
        collection,
        offence_group,
        weapon_type,
        offence_count,
        collection = 'KNIFE' and not is_total as is_knife,
        collection = 'FIREARM' and not is_total and not is_air_weapon as is_firearm,
        is_total,
        is_air_weapon,
        known_from_on,
        known_until_on,
        is_offence_count_withheld,
        is_synthetic
    from offence_count

)

select * from final
