declare
    line record;
    part record;
    intercept_variance double precision := 0;
    slope_variance double precision := 0;
    covariance double precision := 0;
    -- How far the intercept moves with the slope, for one standard error of it, and how far without.
    shared double precision;
    own double precision;
    tails double precision[];
    draws constant integer := cardinality(normals) / 2;
begin
    if cardinality(standard_errors) <> cardinality(points) or 0 > any (standard_errors) then
        raise exception 'stats.sii_ci takes a standard error of 0 or more for each value, not % for %', standard_errors, points;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.sii_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    line := case
        when scale = 'logit' then stats.sii_line(populations, stats.sii_logits(points), false)
        else stats.sii_line(populations, points, scale = 'log')
    end;
    if line.slope is null or level is null or normals is null or array_position(standard_errors, null) is not null then
        return;
    end if;
    -- The line is a sum over the groups, so it varies by the sum of what one standard error of each group does to it.
    for group_number in 1..cardinality(points) loop
        part := stats.sii_line(
            populations,
            array_fill(0::double precision, array[group_number - 1])
            || standard_errors[group_number]
            || array_fill(0::double precision, array[cardinality(points) - group_number]),
            false
        );
        intercept_variance := intercept_variance + part.intercept ^ 2;
        slope_variance := slope_variance + part.slope ^ 2;
        covariance := covariance + part.intercept * part.slope;
    end loop;
    shared := coalesce(covariance / nullif(sqrt(slope_variance), 0), 0);
    own := sqrt(greatest(intercept_variance - shared ^ 2, 0));
    tails := array[(1 - level) / 2, (1 + level) / 2];
    select
        (percentile_cont(tails) within group (order by ends.least_deprived - ends.most_deprived))[1],
        (percentile_cont(tails) within group (order by ends.least_deprived - ends.most_deprived))[2],
        (percentile_cont(tails) within group (order by ends.least_deprived / nullif(ends.most_deprived, 0)))[1],
        (percentile_cont(tails) within group (order by ends.least_deprived / nullif(ends.most_deprived, 0)))[2]
    into sii_lower, sii_upper, rii_lower, rii_upper
    from (
        select
            case scale
                when 'log' then exp(drawn.intercept)
                when 'logit' then 1 / (1 + exp(-drawn.intercept))
                else drawn.intercept
            end as most_deprived,
            case scale
                when 'log' then exp(drawn.intercept + drawn.slope)
                when 'logit' then 1 / (1 + exp(-drawn.intercept - drawn.slope))
                else drawn.intercept + drawn.slope
            end as least_deprived
        from (
            select
                line.slope + sqrt(slope_variance) * normal.first as slope,
                line.intercept + shared * normal.first + own * normal.second as intercept
            from unnest(normals[:draws], normals[draws + 1:]) as normal (first, second)
        ) as drawn
    ) as ends;
end;
