{{ count_events(
    ref('int_training__event'),
    where='unique_attendees is not null and attendees is not null',
    total='unique_attendees',
    of='attendees'
) }}
