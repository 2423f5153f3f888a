{{ count_events(
    ref('int_social_care__assessed_episode'), where='is_under_18', numerator='has_domestic_abuse', denominator='true'
) }}
