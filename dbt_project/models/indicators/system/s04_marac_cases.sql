{{ count_events(ref('int_marac__case')) }}
