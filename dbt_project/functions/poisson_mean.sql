declare
    mean double precision := greatest(events, 0.5);
    below double precision := 0;
    above double precision := 200;
    term double precision;
    total double precision;
    step double precision;
begin
    -- Newton's method on the distribution function, kept inside a shrinking bracket.
    for i in 1..200 loop
        term := exp(-mean);
        total := term;
        for k in 1..events::integer loop
            term := term * mean / k;
            total := total + term;
        end loop;
        if total > probability then
            below := mean;
        else
            above := mean;
        end if;
        -- The derivative of the distribution function by the mean is minus its last term.
        step := case when term > 0 then (total - probability) / term end;
        if step is null or mean + step <= below or mean + step >= above then
            step := (below + above) / 2 - mean;
        end if;
        mean := mean + step;
        exit when abs(step) <= 1e-15 * mean;
    end loop;
    return mean;
end;
