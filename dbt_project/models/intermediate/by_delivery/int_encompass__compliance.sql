with team_month as (

    select * from {{ ref('stg_programme_encompass_compliance__team_month') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

final as (

    select
        team_month.submission_id,
        team_month.row_number,
        date_trunc('month', team_month.month_on)::date as month_on,
        team_month.team,
        -- A team without a district of Lancashire counts for its division and the county.
        coalesce(district.district_code, 'LANCS-' || team_month.police_division_code) as area_code,
        team_month.eligible_incidents,
        team_month.referrals_completed,
        -- A bound is never read as the exact number.
        coalesce(team_month.value_qualifier in ('exact', 'approx', 'about'), false) as is_number,
        team_month.known_from_on,
        team_month.known_until_on,
        team_month.is_eligible_incidents_withheld,
        team_month.is_referrals_completed_withheld,
        team_month.is_synthetic
    from team_month
    left join district on team_month.district_code = district.district_code

)

select * from final
