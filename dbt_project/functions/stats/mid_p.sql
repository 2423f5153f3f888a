declare
    n double precision := events_a + events_b;
    -- The shares of all events that a and b would have at equal rates.
    share_a double precision := exposure_a / nullif(exposure_a + exposure_b, 0);
    share_b double precision := exposure_b / nullif(exposure_a + exposure_b, 0);
    -- The one of the two that has no more events than its share.
    few double precision;
    few_share double precision;
    many_share double precision;
    log_density double precision;
    term double precision := 1;
    terms double precision := 0.5;
    tail double precision;
begin
    if events_a < 0 or events_b < 0 or events_a <> trunc(events_a) or events_b <> trunc(events_b) then
        raise exception 'stats.mid_p takes whole numbers of events of 0 or more, not % and %', events_a, events_b;
    end if;
    if events_a is null or events_b is null or exposure_a is null or exposure_b is null or exposure_a <= 0 or exposure_b <= 0 then
        return null;
    end if;
    if events_a <= n * share_a then
        few := events_a;
        few_share := share_a;
        many_share := share_b;
    else
        few := events_b;
        few_share := share_b;
        many_share := share_a;
    end if;
    log_density := lgamma(n + 1) - lgamma(few + 1) - lgamma(n - few + 1) + few * ln(few_share) + (n - few) * ln(many_share);
    -- Nothing smaller than this can be told from 0 in double precision.
    if log_density < -690 then
        return 0;
    end if;
    -- Half the density at the number itself and all of it below, in units of that density: the terms only fall.
    for k in reverse few::bigint..1 loop
        term := term * k / (n - k + 1) * many_share / few_share;
        terms := terms + term;
        exit when term < 1e-17 * terms;
    end loop;
    tail := exp(log_density) * terms;
    return 2 * least(tail, 1 - tail);
end;
