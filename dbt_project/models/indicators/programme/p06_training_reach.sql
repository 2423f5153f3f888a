{{ count_events(ref('int_training__event'), total='attendees', withheld='is_attendees_withheld') }}
