{{ count_events(ref('int_hospital__admission'), where='is_sharp_object and age < 25 and not is_possible_transfer') }}
