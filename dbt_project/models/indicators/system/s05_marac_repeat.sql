{{ count_events(ref('int_marac__case'), numerator='is_repeat', denominator='is_repeat is not null') }}
