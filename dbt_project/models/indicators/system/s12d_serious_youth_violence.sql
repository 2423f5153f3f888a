{{ count_events(ref('int_youth_justice__proven_offence'), where='is_serious_violence') }}
