declare
    n double precision := 0;
    r double precision := 0;
    nt double precision := 0;
    rt double precision := 0;
    ntt double precision := 0;
begin
    if cardinality(numerators) <> 5 or cardinality(denominators) <> 5 then
        raise exception
            'stats.recent_trend_proportion takes the latest five numerators and denominators, oldest first, not % and %',
            cardinality(numerators), cardinality(denominators);
    end if;
    if exists (select from unnest(numerators, denominators) as point (x, n) where point.x < 0 or point.x > point.n) then
        raise exception 'stats.recent_trend_proportion takes 0 <= numerator <= denominator, not % of %', numerators, denominators;
    end if;
    for t in 1..5 loop
        -- At none and at all of them the logit is infinite.
        if numerators[t] = 0 or numerators[t] = denominators[t] then
            return null;
        end if;
        n := n + denominators[t];
        r := r + numerators[t];
        nt := nt + denominators[t] * t;
        rt := rt + numerators[t] * t;
        ntt := ntt + denominators[t] * t * t;
    end loop;
    return n * (n * rt - r * nt) ^ 2 / (r * (n - r) * (n * ntt - nt ^ 2));
end;
