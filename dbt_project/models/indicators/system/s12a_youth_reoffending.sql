{{ count_events(
    ref('int_youth_justice__reoffending'),
    numerator='has_reoffended',
    denominator='true'
) }}
