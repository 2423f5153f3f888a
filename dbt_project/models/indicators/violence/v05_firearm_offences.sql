{{ count_events(ref('int_crime__adr'), where='is_firearm', total='offence_count') }}
