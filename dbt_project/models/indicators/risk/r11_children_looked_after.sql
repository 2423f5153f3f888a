{{ count_events(ref('int_social_care__looked_after'), where='is_under_18') }}
