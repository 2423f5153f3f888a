{{ count_events(
    ref('int_social_care__looked_after_year'), where='is_5_to_16 and sdq_score is not null', numerator='sdq_score >= 17', denominator='true'
) }}
