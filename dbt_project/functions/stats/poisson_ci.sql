declare
    alpha double precision := 1 - level;
    o double precision := events;
    z double precision;
begin
    if events is null or level is null then
        return;
    end if;
    if events < 0 or (events < 10 and events <> trunc(events)) then
        raise exception 'stats.poisson_ci takes a whole number of events, 0 or more, not %', events;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.poisson_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    if stats.poisson_ci_method(events) = 'exact_poisson' then
        lower := case when events = 0 then 0 else stats.poisson_mean(o - 1, 1 - alpha / 2) end;
        upper := stats.poisson_mean(o, alpha / 2);
        return;
    end if;
    z := -stats.normal_quantile(alpha / 2);
    lower := o * (1 - 1 / (9 * o) - z / (3 * sqrt(o))) ^ 3;
    upper := (o + 1) * (1 - 1 / (9 * (o + 1)) + z / (3 * sqrt(o + 1))) ^ 3;
end;
