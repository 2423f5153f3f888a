with returned as (

    select * from {{ ref('stg_programme_grants__grant') }}

),

final as (

    select
        submission_id,
        row_number,
        -- The return counts a quarter; its first month stands for it.
        period_start_on as month_on,
        'LANCS-14' as area_code,
        fund,
        organisation,
        award_gbp,
        spend_gbp,
        young_people,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_award_gbp_withheld,
        is_young_people_withheld,
        is_synthetic
    from returned

)

select * from final
