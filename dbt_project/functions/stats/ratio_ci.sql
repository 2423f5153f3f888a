declare
    z double precision;
    log_ratio double precision;
    se double precision;
begin
    if events_a < 0 or events_b < 0 then
        raise exception 'stats.ratio_ci takes numbers of events of 0 or more, not % and %', events_a, events_b;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.ratio_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    if events_a > 0 and events_b > 0 and exposure_a > 0 and exposure_b > 0 then
        z := -stats.normal_quantile((1 - level) / 2);
        log_ratio := ln((events_a::double precision / exposure_a) / (events_b::double precision / exposure_b));
        se := sqrt(1 / events_a::double precision + 1 / events_b::double precision);
        lower := exp(log_ratio - z * se);
        upper := exp(log_ratio + z * se);
    end if;
end;
