with source as (

    {{ rows_as_known('programme_knife_bins', 'deployment') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        activity_on,
        bcu_code as police_division_code,
        asset_type,
        deployments,
        weapons_count,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(weapons_count_is_withheld, false) as is_weapons_count_withheld,
        is_synthetic
    from source

)

select * from renamed
