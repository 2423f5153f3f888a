{{ count_events(
    ref('int_crime__recorded'),
    where='is_serious_violence',
    numerator='has_positive_outcome_in_six_months',
    denominator='true',
    month='outcome_month_on'
) }}
