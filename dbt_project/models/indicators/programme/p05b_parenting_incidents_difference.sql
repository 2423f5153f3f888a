{{ count_events(
    ref('int_parenting__cohort'),
    where='has_incidents_measured',
    total='incidents_difference',
    of='measured',
    withheld='is_incidents_difference_withheld'
) }}
