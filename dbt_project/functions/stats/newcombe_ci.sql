declare
    a record;
    b record;
    p_a double precision;
    p_b double precision;
begin
    a := stats.wilson_ci(numerator_a, denominator_a, level);
    b := stats.wilson_ci(numerator_b, denominator_b, level);
    if a.lower is not null and b.lower is not null then
        p_a := numerator_a::double precision / denominator_a::double precision;
        p_b := numerator_b::double precision / denominator_b::double precision;
        lower := p_a - p_b - sqrt((p_a - a.lower) ^ 2 + (b.upper - p_b) ^ 2);
        upper := p_a - p_b + sqrt((a.upper - p_a) ^ 2 + (p_b - b.lower) ^ 2);
    end if;
end;
