declare
    squares_about_mean numeric;
    half double precision;
begin
    if n < 0 or n <> trunc(n) then
        raise exception 'stats.mean_ci takes a whole number of values, 0 or more, not %', n;
    end if;
    if level <= 0 or level >= 1 then
        raise exception 'stats.mean_ci takes a level between 0 and 1, such as 0.95, not %', level;
    end if;
    if n < 2 or sum_of_squares is null then
        return;
    end if;
    squares_about_mean := sum_of_squares - total * total / n;
    -- Sums that were rounded on their way here may fall short by a last digit; more than that is another column's sum.
    if squares_about_mean < -1e-9 * abs(sum_of_squares) then
        raise exception 'stats.mean_ci takes the sum of the squared values, which for % values with the sum % cannot be %',
            n, total, sum_of_squares;
    end if;
    half := -stats.student_t_quantile(((1 - level) / 2)::double precision, (n - 1)::double precision)
        * sqrt(greatest(squares_about_mean, 0) / (n - 1) / n);
    lower := total / n - half;
    upper := total / n + half;
end;
