declare
    line record;
begin
    if cardinality(points) <> 5 then
        raise exception 'stats.recent_trend takes the values of the latest five points, oldest first, not %', cardinality(points);
    end if;
    line := stats.weighted_line(array[1, 2, 3, 4, 5], points, stats.recent_trend_weights(lowers, uppers));
    return line.slope ^ 2 / line.slope_variance;
end;
