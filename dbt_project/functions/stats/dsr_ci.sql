declare
    scale double precision;
    byar record;
begin
    if events < 0 or rate < 0 or variance < 0 then
        raise exception 'stats.dsr_ci takes events, a rate and a variance of 0 or more, not %, % and %', events, rate, variance;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.dsr_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    -- Dobson's limits are too narrow for few events: none are published below 10, and from 10 on poisson_ci gives Byar's.
    if events >= 10 then
        byar := stats.poisson_ci(events, level);
        scale := sqrt(variance / events::double precision);
        lower := rate + scale * (byar.lower - events::double precision);
        upper := rate + scale * (byar.upper - events::double precision);
    end if;
end;
