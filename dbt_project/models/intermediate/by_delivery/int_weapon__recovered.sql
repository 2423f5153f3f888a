with recovery as (

    select * from {{ ref('stg_police_weapons__recovery') }}
    -- The force's own totals are a check of the file; to add them would count every weapon twice.
    where not is_total

),

-- A bin's weapons that are sent again as seized or found (rule WEP-002): as many rows as there are such rows of bins. Single
-- weapons are alike by chance and are never taken for each other.
matched as (

    select
        *,
        recovery_source in ('seized_ss', 'seized_arrest', 'seized_warrant', 'found') as is_seized_or_found,
        count(*) filter (where recovery_source = 'surrendered_bin') over (
            partition by submission_id, recovered_month_on, police_division_code, district_code, weapon_class, quantity
        ) as bin_rows,
        row_number() over (
            partition by
                submission_id,
                recovered_month_on,
                police_division_code,
                district_code,
                weapon_class,
                quantity,
                recovery_source in ('seized_ss', 'seized_arrest', 'seized_warrant', 'found')
            order by row_number
        ) as place
    from recovery

),

final as (

    select
        submission_id,
        row_number,
        recovered_month_on as month_on,
        -- The district is often blank and decides nothing where it is given: the division does (rule WEP-015).
        {{ division_area('police_division_code') }} as area_code,
        district_code,
        recovery_source,
        weapon_class,
        weapon_class = 'firearm' as is_firearm,
        weapon_class = 'knife_sharp' as is_knife_or_sharp,
        weapon_class = 'other' as is_other_weapon,
        -- The total of the Progress Report left its row of firearms out.
        weapon_class <> 'firearm' as is_in_published_total,
        quantity > 1 and is_seized_or_found and place <= bin_rows as is_sent_again,
        quantity,
        is_estimated,
        known_from_on,
        known_until_on,
        is_quantity_withheld,
        is_synthetic
    from matched

)

select * from final
