{{ count_events(ref('int_prison__cohort'), where='is_concluded', total='completes', of='starts') }}
