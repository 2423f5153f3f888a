with source as (

    {{ rows_as_known('programme_grants', 'grant') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        fund,
        organisation,
        award_gbp::numeric as award_gbp,
        spend_gbp::numeric as spend_gbp,
        school_sessions,
        yot_sessions,
        community_sessions,
        young_people,
        knives_surrendered,
        value_qualifier,
        known_from_on,
        known_until_on,
        coalesce(award_gbp_is_withheld, false) as is_award_gbp_withheld,
        coalesce(young_people_is_withheld, false) as is_young_people_withheld,
        is_synthetic
    from source

)

select * from renamed
