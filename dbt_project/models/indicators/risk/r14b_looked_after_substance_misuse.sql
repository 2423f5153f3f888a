{{ count_events(
    ref('int_social_care__looked_after_year'), where='is_under_18 and has_substance_misuse is not null', numerator='has_substance_misuse', denominator='true'
) }}
