{{ count_events(ref('int_hospital__admission'), where='not is_possible_transfer') }}
