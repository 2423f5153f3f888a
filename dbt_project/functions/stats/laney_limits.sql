declare
    half double precision;
begin
    if chart not in ('p', 'u') then
        raise exception 'stats.laney_limits takes the chart p or u, not %', chart;
    end if;
    if centre < 0 or (chart = 'p' and centre > 1) or sigma_z < 0 or denominator <= 0 then
        raise exception 'stats.laney_limits takes a centre of 0 or more, on a p chart of no more than 1, a sigma_z of 0 or more '
            'and a denominator above 0, not %, % and %', centre, sigma_z, denominator;
    end if;
    if centre is null or sigma_z is null or denominator is null or chart is null then
        return;
    end if;
    half := 3 * sqrt(centre * case when chart = 'p' then 1 - centre else 1 end / denominator) * sigma_z;
    lower := greatest(centre - half, 0);
    upper := case when chart = 'p' then least(centre + half, 1) else centre + half end;
end;
