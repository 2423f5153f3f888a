declare
    tail_wanted double precision := least(p, 1 - p);
    -- The quantile on the other side of nought, where it is positive.
    t double precision;
    a double precision := df / 2;
    -- ln of the beta function B(df/2, 1/2).
    log_beta double precision;
    x double precision;
    y double precision;
    -- ln(t * density), in which both halves of the distribution function are a factor times t * density.
    log_product double precision;
    factor double precision;
    step double precision;
begin
    if p is null or df is null then
        return null;
    end if;
    if p < 1e-100 or p >= 1 then
        raise exception 'stats.student_t_quantile takes a probability between 1e-100 and 1, not %', p;
    end if;
    if df < 1 then
        raise exception 'stats.student_t_quantile takes 1 degree of freedom or more, not %', df;
    end if;
    if p = 0.5 then
        return 0;
    end if;
    t := -stats.normal_quantile(tail_wanted);
    if df > 100000 then
        -- Fisher and Cornish's expansion: the next term is below 1e-10 of the quantile for every probability we take.
        t := t + (t ^ 3 + t) / (4 * df) + (5 * t ^ 5 + 16 * t ^ 3 + 3 * t) / (96 * df ^ 2)
            + (3 * t ^ 7 + 19 * t ^ 5 + 17 * t ^ 3 - 15 * t) / (384 * df ^ 3);
        return case when p < 0.5 then -t else t end;
    end if;
    -- Above 20 by the series of ln(gamma(a + 1/2) / gamma(a)): a difference of two large logarithms would lose digits.
    log_beta := ln(pi()) / 2 - case
        when a < 20 then lgamma(a + 0.5) - lgamma(a)
        else ln(a) / 2 - 1 / (8 * a) + 1 / (192 * a ^ 3) - 1 / (640 * a ^ 5) + 17 / (14336 * a ^ 7)
    end;
    -- Newton's method on logarithms. The normal quantile lies below the one of t, and the logarithm of either half of the
    -- distribution function is concave in ln(t), so that after one step the way to the quantile has no turn in it.
    for i in 1..100 loop
        x := 1 / (1 + t / df * t);
        y := 1 / (1 + df / t / t);
        log_product := a * ln(x) + ln(y) / 2 - log_beta;
        if tail_wanted > 0.25 then
            -- The half between 0 and t, which has all its digits where the tail has lost them.
            factor := stats.beta_fraction(0.5, a, y);
            step := (ln(abs(p - 0.5)) - log_product - ln(factor)) * factor;
        else
            factor := stats.beta_fraction(a, 0.5, x) / df;
            step := (log_product + ln(factor) - ln(tail_wanted)) * factor;
        end if;
        t := t * exp(step);
        -- Newton's error is squared at each step: after one of this size nothing is left to gain.
        exit when abs(step) <= 1e-8;
    end loop;
    return case when p < 0.5 then -t else t end;
end;
