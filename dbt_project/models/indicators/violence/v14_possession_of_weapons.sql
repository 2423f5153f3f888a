{{ count_events(ref('int_crime__recorded'), where='is_possession_of_weapons') }}
