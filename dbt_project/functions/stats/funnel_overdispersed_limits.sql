declare
    half double precision;
begin
    if standard_error < 0 or phi < 0 or tau_squared < 0 then
        raise exception
            'stats.funnel_overdispersed_limits takes a standard error, a phi and a tau squared of 0 or more, not %, % and %',
            standard_error, phi, tau_squared;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.funnel_overdispersed_limits takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    -- Areas that vary less than chance are no reason for a narrower funnel. Greatest would pass over a NULL.
    half := -stats.normal_quantile((1 - level) / 2)
        * sqrt(case when phi < 1 then 1 else phi end * standard_error ^ 2 + tau_squared);
    lower := benchmark - half;
    upper := benchmark + half;
end;
