declare
    everyone double precision;
    shares double precision[];
    midpoints double precision[];
    heights double precision[] := points;
    line record;
begin
    if cardinality(populations) <> cardinality(points) or cardinality(populations) < 3 then
        raise exception 'stats.sii takes the populations and values of three groups or more, the most deprived first, not % and %',
            cardinality(populations), cardinality(points);
    end if;
    if 0 > any (populations) then
        raise exception 'stats.sii takes populations of 0 or more, not %', populations;
    end if;
    if transform is null then
        return;
    end if;
    if transform then
        if 0 > any (points) then
            raise exception 'stats.sii takes rates of 0 or more where it takes their logarithms, not %', points;
        end if;
        -- A rate of 0 has no logarithm: weighted_line answers the NULL with NULL.
        select array_agg(ln(nullif(point.y, 0)) order by point.place) into heights
        from unnest(points) with ordinality as point (y, place);
    end if;
    select nullif(sum(people), 0) into everyone from unnest(populations) as people;
    select
        array_agg(one.people / everyone order by one.place),
        array_agg((one.cumulated - one.people / 2) / everyone order by one.place)
    into shares, midpoints
    from (
        select size.people, size.place, sum(size.people) over (order by size.place) as cumulated
        from unnest(populations) with ordinality as size (people, place)
    ) as one;
    line := stats.weighted_line(midpoints, heights, shares);
    intercept := line.intercept;
    slope := line.slope;
end;
