begin
    if expected < 0 then
        raise exception 'stats.isr_ci takes an expected number of events of 0 or more, not %', expected;
    end if;
    select limits.lower / nullif(expected, 0) * 100, limits.upper / nullif(expected, 0) * 100
    into lower, upper
    from stats.poisson_ci(events, level) as limits;
end;
