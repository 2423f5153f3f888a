with deployment as (

    select * from {{ ref('stg_programme_knife_bins__deployment') }}

),

final as (

    select
        submission_id,
        row_number,
        activity_on,
        date_trunc('month', activity_on)::date as month_on,
        {{ division_area('police_division_code') }} as area_code,
        asset_type,
        asset_type = 'surrender_bin' as is_surrender_bin,
        deployments,
        weapons_count,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_weapons_count_withheld,
        is_synthetic
    from deployment

)

select * from final
