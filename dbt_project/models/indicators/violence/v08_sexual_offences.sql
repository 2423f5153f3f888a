{{ count_events(ref('int_crime__recorded'), where='is_rape or is_other_sexual_offence') }}
