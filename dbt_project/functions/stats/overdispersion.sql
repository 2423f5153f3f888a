declare
    areas integer := cardinality(scores);
    pulled_in double precision[];
    weight double precision;
    weight_squared double precision;
begin
    if areas <> cardinality(standard_errors) or areas < 2 then
        raise exception 'stats.overdispersion takes a score and a standard error for each of two areas or more, not % and %',
            areas, cardinality(standard_errors);
    end if;
    if 0 >= any (standard_errors) then
        raise exception 'stats.overdispersion takes standard errors above 0, not %', standard_errors;
    end if;
    if share < 0 or share >= 0.5 then
        raise exception 'stats.overdispersion takes a share from 0 to below 0.5, such as 0.1, not %', share;
    end if;
    if scores is null or standard_errors is null or share is null or array_position(scores || standard_errors, null) is not null then
        return;
    end if;
    select percentile_cont(array[share, 1 - share]) within group (order by score) into pulled_in
    from unnest(scores) as score;
    select avg(least(greatest(score, pulled_in[1]), pulled_in[2]) ^ 2 order by score) into phi
    from unnest(scores) as score;
    select sum(1 / error ^ 2 order by error), sum(1 / error ^ 4 order by error) into weight, weight_squared
    from unnest(standard_errors) as error;
    tau_squared := greatest((areas * phi - (areas - 1)) / (weight - weight_squared / weight), 0);
end;
