{{ count_events(ref('int_stop_search__search'), numerator='is_action_taken', denominator='true') }}
