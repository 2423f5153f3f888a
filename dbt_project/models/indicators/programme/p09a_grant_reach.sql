{{ count_events(ref('int_grant__quarter'), total='young_people', withheld='is_young_people_withheld') }}
