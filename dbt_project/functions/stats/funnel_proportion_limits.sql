declare
    half double precision;
begin
    if benchmark < 0 or benchmark > 1 then
        raise exception 'stats.funnel_proportion_limits takes a benchmark between 0 and 1, not %', benchmark;
    end if;
    if n < 0 then
        raise exception 'stats.funnel_proportion_limits takes a denominator of 0 or more, not %', n;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.funnel_proportion_limits takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    if benchmark is null or n is null or level is null or n = 0 then
        return;
    end if;
    half := -stats.normal_quantile((1 - level) / 2) * sqrt(benchmark * (1 - benchmark) / n);
    lower := greatest(benchmark - half, 0);
    upper := least(benchmark + half, 1);
end;
