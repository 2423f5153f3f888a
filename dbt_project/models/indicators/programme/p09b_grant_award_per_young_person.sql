{{ count_events(ref('int_grant__award'), total='award_gbp', of='young_people') }}
