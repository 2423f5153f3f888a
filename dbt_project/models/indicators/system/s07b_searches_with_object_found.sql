{{ count_events(ref('int_stop_search__search'), numerator='is_object_found', denominator='true') }}
