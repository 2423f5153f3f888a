{{ count_events(
    ref('int_parenting__cohort'),
    where='is_concluded',
    total='completes',
    of='starts',
    withheld='is_completes_withheld or is_starts_withheld'
) }}
