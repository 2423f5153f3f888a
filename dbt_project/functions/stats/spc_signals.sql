declare
    signals text[] := '{}';
    point double precision;
    last_point double precision;
    side integer;
    last_side integer := 0;
    on_side integer := 0;
    direction integer;
    last_direction integer := 0;
    steps integer := 0;
    -- The side of a point beyond 2 sigma, else 0: of this point, the one before, and the one before that.
    far integer;
    far_1 integer := 0;
    far_2 integer := 0;
begin
    if points is null or centre is null or sigma is null then
        return null;
    end if;
    if sigma < 0 then
        raise exception 'stats.spc_signals takes a sigma of 0 or more, not %', sigma;
    end if;
    foreach point in array points loop
        -- A missing point lies on no side and goes no way: it ends every run.
        side := coalesce(sign(point - centre), 0);
        on_side := case when side = 0 then 0 when side = last_side then on_side + 1 else 1 end;
        direction := coalesce(sign(point - last_point), 0);
        steps := case when direction = 0 then 0 when direction = last_direction then steps + 1 else 1 end;
        far := case when abs(point - centre) > 2 * sigma then side else 0 end;
        signals := signals || case
            when abs(point - centre) > 3 * sigma then 'outside_limits'
            when on_side >= 8 then 'run'
            -- Six points are five steps.
            when steps >= 5 then 'trend'
            when far <> 0 and far in (far_1, far_2) then 'two_of_three'
        end;
        last_point := point;
        last_side := side;
        last_direction := direction;
        far_2 := far_1;
        far_1 := far;
    end loop;
    return signals;
end;
