{{ count_events(ref('int_crime__recorded'), where='is_knife_enabled and victim_age < 25') }}
