{{ count_events(
    ref('int_youth_justice__reoffending'),
    where='has_reoffended',
    total='reoffence_count',
    denominator='true',
    squares='reoffence_count * reoffence_count',
    withheld='false'
) }}
