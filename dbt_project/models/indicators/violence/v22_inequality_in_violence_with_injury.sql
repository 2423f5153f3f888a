{{ count_events(ref('int_crime__recorded'), where='is_violence_with_injury') }}
