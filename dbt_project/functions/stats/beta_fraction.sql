declare
    -- The fraction's numerators and denominators so far, as ratios of each to the one before.
    ratio_above double precision := 1;
    ratio_below double precision;
    fraction double precision;
    d double precision;
begin
    if a <= 0 or b <= 0 or x < 0 or x >= 1 then
        raise exception 'stats.beta_fraction takes a and b above 0 and x from 0 to below 1, not %, % and %', a, b, x;
    end if;
    ratio_below := 1 / (1 - (a + b) * x / (a + 1));
    fraction := ratio_below;
    for m in 1..5000 loop
        d := m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        ratio_below := 1 / (1 + d * ratio_below);
        ratio_above := 1 + d / ratio_above;
        fraction := fraction * ratio_below * ratio_above;
        d := -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        ratio_below := 1 / (1 + d * ratio_below);
        ratio_above := 1 + d / ratio_above;
        fraction := fraction * ratio_below * ratio_above;
        exit when abs(ratio_below * ratio_above - 1) < 1e-15;
    end loop;
    return fraction;
end;
