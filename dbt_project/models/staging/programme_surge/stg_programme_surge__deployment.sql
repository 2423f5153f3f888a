with source as (

    {{ rows_as_known('programme_surge', 'deployment') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        deployed_on,
        bcu_code as police_division_code,
        operation,
        hours::numeric as hours,
        cost_gbp::numeric as cost_gbp,
        arrests,
        searches,
        weapons_count,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
