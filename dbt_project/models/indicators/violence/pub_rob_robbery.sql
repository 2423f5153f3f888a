{{ count_events(ref('int_crime__street'), where="crime_type = 'Robbery'") }}
