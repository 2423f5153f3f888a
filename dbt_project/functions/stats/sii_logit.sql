declare
    line record := stats.sii_line(populations, stats.sii_logits(proportions), false);
    most_deprived double precision := 1 / (1 + exp(-line.intercept));
    least_deprived double precision := 1 / (1 + exp(-line.intercept - line.slope));
begin
    sii := least_deprived - most_deprived;
    rii := least_deprived / most_deprived;
end;
