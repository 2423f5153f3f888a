declare
    line record;
    most_deprived double precision;
    least_deprived double precision;
begin
    line := stats.sii_line(populations, points, transform);
    most_deprived := case when transform then exp(line.intercept) else line.intercept end;
    least_deprived := case when transform then exp(line.intercept + line.slope) else line.intercept + line.slope end;
    sii := least_deprived - most_deprived;
    rii := least_deprived / nullif(most_deprived, 0);
end;
