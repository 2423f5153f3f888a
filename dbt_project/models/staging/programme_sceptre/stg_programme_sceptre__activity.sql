with source as (

    {{ rows_as_known('programme_sceptre', 'activity') }}

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
        activity_type,
        quantity,
        passed,
        failed,
        weapons_count,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(passed_is_withheld, false) as is_passed_withheld,
        coalesce(failed_is_withheld, false) as is_failed_withheld,
        is_synthetic
    from source

)

select * from renamed
