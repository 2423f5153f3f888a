{{ count_events(ref('int_social_care__child_in_need'), where='is_under_18') }}
