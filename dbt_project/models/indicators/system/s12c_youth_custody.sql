{{ count_events(ref('int_youth_justice__outcome'), where='is_custody') }}
