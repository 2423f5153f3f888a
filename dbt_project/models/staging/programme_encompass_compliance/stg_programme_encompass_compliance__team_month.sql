with source as (

    {{ rows_as_known('programme_encompass_compliance', 'team_month') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        month as month_on,
        bcu_code as police_division_code,
        lad_code as district_code,
        team,
        eligible_incidents,
        referrals_completed,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(eligible_incidents_is_withheld, false) as is_eligible_incidents_withheld,
        coalesce(referrals_completed_is_withheld, false) as is_referrals_completed_withheld,
        is_synthetic
    from source

)

select * from renamed
