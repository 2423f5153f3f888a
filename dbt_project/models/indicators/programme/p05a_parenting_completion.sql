{{ count_events(ref('int_parenting__cohort'), where='is_concluded', total='completes', of='starts') }}
