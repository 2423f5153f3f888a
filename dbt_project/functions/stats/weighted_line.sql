declare
    mean_x double precision := 0;
    mean_y double precision := 0;
    total double precision := 0;
    spread double precision := 0;
    product double precision := 0;
begin
    if xs is null or ys is null or weights is null or array_position(xs || ys || weights, null) is not null then
        return;
    end if;
    if cardinality(xs) <> cardinality(ys) or cardinality(xs) <> cardinality(weights) or 0 > any (weights) then
        raise exception 'stats.weighted_line takes as many x as y and weights of 0 or more, not %, % and %', xs, ys, weights;
    end if;
    for i in 1..cardinality(xs) loop
        total := total + weights[i];
        mean_x := mean_x + weights[i] * xs[i];
        -- As a height above the first point, so that points of one height have a slope of 0 and not of a rounding error.
        mean_y := mean_y + weights[i] * (ys[i] - ys[1]);
    end loop;
    if total > 0 then
        mean_x := mean_x / total;
        mean_y := mean_y / total;
    end if;
    for i in 1..cardinality(xs) loop
        spread := spread + weights[i] * (xs[i] - mean_x) ^ 2;
        product := product + weights[i] * (xs[i] - mean_x) * (ys[i] - ys[1]);
    end loop;
    if spread > 0 then
        slope := product / spread;
        intercept := ys[1] + mean_y - slope * mean_x;
        slope_variance := 1 / spread;
    end if;
end;
