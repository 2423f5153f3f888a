{{ count_events(
    ref('int_social_care__looked_after_year'), where='is_10_to_17 and is_convicted is not null', numerator='is_convicted', denominator='true'
) }}
