with activity as (

    select * from {{ ref('stg_programme_sceptre__activity') }}

),

final as (

    select
        submission_id,
        row_number,
        activity_on,
        date_trunc('month', activity_on)::date as month_on,
        {{ division_area('police_division_code') }} as area_code,
        activity_type,
        activity_type = 'test_purchase' as is_test_purchase,
        quantity,
        passed,
        failed,
        weapons_count,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_passed_withheld,
        is_failed_withheld,
        is_synthetic
    from activity

)

select * from final
