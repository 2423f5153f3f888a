declare
    slopes double precision[];
begin
    if chi_square is null then
        return 'cannot_be_calculated';
    end if;
    -- The line through all five points, and the five lines that leave one of them out by a weight of 0.
    for without in 0..5 loop
        if without > 0 then
            slopes := slopes || (
                stats.weighted_line(
                    array[1, 2, 3, 4, 5], points, weights[:without - 1] || 0::double precision || weights[without + 1:]
                )
            ).slope;
        else
            slopes := array[(stats.weighted_line(array[1, 2, 3, 4, 5], points, weights)).slope];
        end if;
    end loop;
    -- The chi-square of one degree of freedom that chance alone exceeds twice in a thousand times.
    if chi_square > 9.54953570608324 and 0 < all (slopes) then
        return 'increasing';
    elsif chi_square > 9.54953570608324 and 0 > all (slopes) then
        return 'decreasing';
    end if;
    return 'no_change';
end;
