declare
    known integer := cardinality(array_remove(points, null));
begin
    if groups < 1 then
        raise exception 'stats.quantiles takes one group or more, not %', groups;
    end if;
    if points is null or groups is null or highest_first is null then
        return null;
    end if;
    return (
        select array_agg(
            case
                when ranked.point is not null and known >= groups
                    then groups + 1 - ceil((known + 1 - ranked.rank)::numeric * groups / known)
            end::integer
            order by ranked.place
        )
        from (
            select
                one.point,
                one.place,
                -- Points of one value share the best of their ranks. Those without a value come last and count for nothing.
                rank() over (order by case when highest_first then -one.point else one.point end nulls last) as rank
            from unnest(points) with ordinality as one (point, place)
        ) as ranked
    );
end;
