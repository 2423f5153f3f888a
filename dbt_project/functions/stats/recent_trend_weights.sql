begin
    if cardinality(lowers) <> 5 or cardinality(uppers) <> 5 then
        raise exception 'stats.recent_trend takes the limits of the latest five points, not % and % limits',
            cardinality(lowers), cardinality(uppers);
    end if;
    if exists (select from unnest(lowers, uppers) as point (low, high) where low > high) then
        raise exception 'stats.recent_trend takes lower limits that are not above the upper ones, not % and %', lowers, uppers;
    end if;
    return (
        select array_agg((3.92 / nullif(point.high - point.low, 0)) ^ 2 order by point.year)
        from unnest(lowers, uppers) with ordinality as point (low, high, year)
    );
end;
