{{ count_events(
    ref('int_encompass__notification'),
    where='is_received_by_school',
    numerator='is_timely',
    denominator='is_timely is not null'
) }}
