{{ count_events(ref('int_crime__recorded'), where='is_domestic_abuse') }}
