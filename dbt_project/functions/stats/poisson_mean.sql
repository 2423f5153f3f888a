declare
    mean double precision;
    below double precision := 0;
    above double precision := 200;
    series double precision;
    density double precision;
    step double precision;
begin
    if events is null or probability is null then
        return null;
    end if;
    if events < 0 or events > 30 or events <> trunc(events) or probability <= 0 or probability >= 1 then
        raise exception 'stats.poisson_mean takes whole events from 0 to 30 and a probability between 0 and 1, not % and %',
            events, probability;
    end if;
    if events = 0 then
        return -ln(probability);
    end if;
    -- The Wilson-Hilferty approximation is so near that Newton's method needs few steps. It can fall below 0, a mean cannot.
    mean := greatest(
        (events + 1) * (1 - 1 / (9 * (events + 1)) - stats.normal_quantile(probability) / (3 * sqrt(events + 1))) ^ 3, 0.01
    );
    -- Newton's method on the distribution function, kept inside a shrinking bracket.
    for i in 1..200 loop
        series := 1;
        for k in reverse events::integer..1 loop
            series := 1 + series * mean / k;
        end loop;
        step := exp(-mean) * series - probability;
        if step > 0 then
            below := mean;
        else
            above := mean;
        end if;
        -- The derivative of the distribution function by the mean is minus the density.
        density := exp(-mean) * mean ^ events / gamma(events + 1);
        step := step / density;
        if mean + step < below or mean + step > above then
            step := (below + above) / 2 - mean;
        end if;
        mean := mean + step;
        -- Newton's error is squared at each step: after one of this size nothing is left to gain.
        exit when abs(step) <= 1e-10 * mean;
    end loop;
    return mean;
end;
