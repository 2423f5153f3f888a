{{ count_events(
    ref('int_social_care__referral'), where='is_under_18', numerator='is_re_referral', denominator='true'
) }}
