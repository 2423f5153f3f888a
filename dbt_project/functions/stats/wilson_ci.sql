declare
    x double precision := numerator;
    n double precision := denominator;
    z double precision;
    half double precision;
begin
    if numerator is null or denominator is null or level is null or denominator = 0 then
        return;
    end if;
    if numerator < 0 or denominator < 0 or numerator > denominator then
        raise exception 'stats.wilson_ci takes 0 <= numerator <= denominator, not % of %', numerator, denominator;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.wilson_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    z := -stats.normal_quantile((1 - level) / 2);
    half := z * sqrt(z * z + 4 * x * (1 - x / n));
    -- At 0 and at n the formula gives 0 and 1 but for rounding.
    lower := case when x = 0 then 0 else (2 * x + z * z - half) / (2 * (n + z * z)) end;
    upper := case when x = n then 1 else (2 * x + z * z + half) / (2 * (n + z * z)) end;
end;
