declare
    golden constant double precision := (sqrt(5) - 1) / 2;
begin
    if draws < 10000 or draws > 1000000 then
        raise exception 'stats.sii_ci takes from 10000 to 1000000 draws, not %', draws;
    end if;
    -- Evenly in the slope's direction, and in the other one at steps of the golden section.
    return (
        select
            array_agg(stats.normal_quantile((i - 0.5::double precision) / draws) order by i)
            || array_agg(stats.normal_quantile(i * golden - floor(i * golden)) order by i)
        from generate_series(1, draws) as i
    );
end;
