begin
    select limits.* into sii_lower, sii_upper, rii_lower, rii_upper
    from stats.sii_limits(
        populations, proportions, standard_errors, level, 'logit', stats.sii_draws(draws)
    ) as limits;
end;
