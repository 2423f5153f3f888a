{{ count_events(
    ref('int_grant__award'),
    total='award_gbp',
    of='young_people',
    withheld='is_award_gbp_withheld or is_young_people_withheld'
) }}
