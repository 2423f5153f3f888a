{{ count_events(ref('int_social_care__child_protection_plan'), where='is_under_18') }}
