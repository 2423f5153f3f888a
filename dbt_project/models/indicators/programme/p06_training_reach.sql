{{ count_events(ref('int_training__event'), total='attendees') }}
