{{ count_events(
    ref('int_training__event'),
    where='(unique_attendees is not null or is_unique_attendees_withheld) and (attendees is not null or is_attendees_withheld)',
    total='unique_attendees',
    of='attendees',
    withheld='is_unique_attendees_withheld or is_attendees_withheld'
) }}
