{{ count_events(ref('int_divert__follow_up'), numerator='is_rearrested', denominator='true') }}
