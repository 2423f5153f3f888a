declare
    chi_square double precision := stats.recent_trend_proportion_chi_square(numerators, denominators);
    logits double precision[];
begin
    if chi_square is not null then
        select array_agg(ln(point.x / (point.n - point.x)) order by point.year) into logits
        from unnest(numerators, denominators) with ordinality as point (x, n, year);
    end if;
    return stats.recent_trend_mark(chi_square, logits, array[1, 1, 1, 1, 1]);
end;
