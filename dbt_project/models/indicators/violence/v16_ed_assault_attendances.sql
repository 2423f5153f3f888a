{{ count_events(ref('int_ed__attendance'), where='is_assault') }}
