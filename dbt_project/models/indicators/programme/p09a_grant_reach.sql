{{ count_events(ref('int_grant__quarter'), total='young_people') }}
