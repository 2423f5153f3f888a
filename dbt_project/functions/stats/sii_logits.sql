begin
    if 0 > any (proportions) or 1 < any (proportions) then
        raise exception 'stats.sii_logit takes proportions from 0 to 1, not %', proportions;
    end if;
    return (
        select array_agg(case when one.p > 0 and one.p < 1 then ln(one.p / (1 - one.p)) end order by one.place)
        from unnest(proportions) with ordinality as one (p, place)
    );
end;
