begin
    select limits.* into sii_lower, sii_upper, rii_lower, rii_upper
    from stats.sii_limits(
        populations, points, standard_errors, level, case transform when true then 'log' when false then 'none' end,
        stats.sii_draws(draws)
    ) as limits;
end;
