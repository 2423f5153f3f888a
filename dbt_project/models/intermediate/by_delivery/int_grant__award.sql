with quarter as (

    select * from {{ ref('int_grant__quarter') }}

),

knowledge as (

    {{ knowledge_days(['programme_grants']) }}

),

-- An award is made once, and the young people are reached in the quarters after: the two are put together over the grant's
-- whole life, as far as it was known on each day.
totalled as (

    select
        quarter.fund,
        quarter.organisation,
        knowledge.known_from_on,
        knowledge.known_until_on,
        min(quarter.month_on) filter (where quarter.award_gbp > 0 or quarter.is_award_gbp_withheld) as month_on,
        sum(quarter.award_gbp) as award_gbp,
        sum(quarter.young_people) as young_people,
        bool_or(quarter.is_award_gbp_withheld) as is_award_gbp_withheld,
        bool_or(quarter.is_young_people_withheld) as is_young_people_withheld,
        bool_or(quarter.is_synthetic) as is_synthetic
    from knowledge
    inner join quarter
        on
            knowledge.known_from_on >= quarter.known_from_on
            and knowledge.known_from_on < quarter.known_until_on
    group by quarter.fund, quarter.organisation, knowledge.known_from_on, knowledge.known_until_on

),

final as (

    select
        fund,
        organisation,
        month_on,
        'LANCS-14' as area_code,
        award_gbp,
        young_people,
        known_from_on,
        known_until_on,
        is_award_gbp_withheld,
        is_young_people_withheld,
        is_synthetic
    from totalled
    where month_on is not null

)

select * from final
