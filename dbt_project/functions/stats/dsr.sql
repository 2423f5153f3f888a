declare
    events numeric;
    rate numeric;
    variance numeric;
    limits record;
begin
    if counts is null or populations is null or weights is null or level is null then
        return;
    end if;
    if cardinality(counts) <> cardinality(populations) or cardinality(counts) <> cardinality(weights) then
        raise exception 'stats.dsr takes a count, a population and a weight for each age band, not %, % and % of them',
            cardinality(counts), cardinality(populations), cardinality(weights);
    end if;
    if exists (
        select from unnest(counts, populations, weights) as band (observed, people, weight)
        where observed < 0 or people is null or people <= 0 or weight is null or weight < 0
    ) then
        raise exception 'stats.dsr takes counts of 0 or more or NULL, populations above 0 and weights of 0 or more, not %, % and %',
            counts, populations, weights;
    end if;
    -- In numeric, whose sums are the same in whatever order the bands come.
    select sum(observed), sum(weight * observed / people) / nullif(sum(weight), 0),
        sum(observed * (weight / people) ^ 2) / nullif(sum(weight), 0) ^ 2
    into events, rate, variance
    from (
        select band.observed::numeric as observed, band.people::numeric as people, band.weight::numeric as weight
        from unnest(counts, populations, weights) as band (observed, people, weight)
    ) as bands;
    limits := stats.dsr_ci(events, rate, variance, level);
    if events >= 10 then
        value := rate;
        lower := limits.lower;
        upper := limits.upper;
    end if;
end;
