{{ count_events(ref('int_ed__attendance'), where='is_assault and is_sharp_object and age < 25') }}
