{{ count_events(ref('int_stop_search__search'), where='is_person_searched') }}
