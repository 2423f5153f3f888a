declare
    numerator double precision;
    denominator double precision;
begin
    if chart not in ('p', 'u') then
        raise exception 'stats.laney takes the chart p or u, not %', chart;
    end if;
    if cardinality(numerators) <> cardinality(denominators) then
        raise exception 'stats.laney takes as many numerators as denominators, not % and %',
            cardinality(numerators), cardinality(denominators);
    end if;
    if exists (
        select from unnest(numerators, denominators) as point (x, n)
        where point.x < 0 or point.n <= 0 or (chart = 'p' and point.x > point.n)
    ) then
        raise exception 'stats.laney takes numerators of 0 or more, on a p chart of no more than the denominator, '
            'and denominators above 0, not % of %', numerators, denominators;
    end if;
    if numerators is null or denominators is null or chart is null then
        return;
    end if;
    select sum(point.x), sum(point.n) into numerator, denominator
    from unnest(numerators, denominators) as point (x, n)
    where point.x is not null and point.n is not null;
    centre := numerator / denominator;
    -- A missing point has no distance to its neighbours: lag gives NULL to the one after it.
    select avg(abs(step.z - step.last_z)) / 1.128 into sigma_z
    from (
        select one.z, lag(one.z) over (order by one.place) as last_z
        from (
            select
                point.place,
                (point.x / point.n - centre)
                / nullif(sqrt(centre * case when chart = 'p' then 1 - centre else 1 end / point.n), 0) as z
            from unnest(numerators, denominators) with ordinality as point (x, n, place)
        ) as one
    ) as step;
end;
