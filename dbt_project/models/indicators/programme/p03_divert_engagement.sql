{{ count_events(ref('int_divert__case'), numerator='is_engaged', denominator='true') }}
