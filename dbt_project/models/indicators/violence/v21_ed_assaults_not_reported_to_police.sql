{{ count_events(
    ref('int_ed__attendance'),
    where='is_assault',
    numerator='is_unreported',
    denominator='has_reporting_answer'
) }}
