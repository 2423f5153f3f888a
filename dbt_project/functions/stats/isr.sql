declare
    limits record;
begin
    if events is null or populations is null or reference_events is null or reference_populations is null or level is null then
        return;
    end if;
    if cardinality(populations) <> cardinality(reference_events) or cardinality(populations) <> cardinality(reference_populations) then
        raise exception 'stats.isr takes a population, reference events and a reference population for each age band, not %, % and %',
            cardinality(populations), cardinality(reference_events), cardinality(reference_populations);
    end if;
    if exists (
        select from unnest(populations, reference_events, reference_populations) as band (people, observed, standard)
        where people is null or people < 0 or observed is null or observed < 0 or standard is null or standard <= 0
    ) then
        raise exception 'stats.isr takes populations and reference events of 0 or more and reference populations above 0, not %, % and %',
            populations, reference_events, reference_populations;
    end if;
    -- In numeric, whose sums are the same in whatever order the bands come.
    select sum(band.people::numeric * band.observed::numeric / band.standard::numeric)
    into expected
    from unnest(populations, reference_events, reference_populations) as band (people, observed, standard);
    limits := stats.isr_ci(events, expected, level);
    value := events / nullif(expected, 0) * 100;
    lower := limits.lower;
    upper := limits.upper;
end;
