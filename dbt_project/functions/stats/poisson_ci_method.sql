begin
    return case when events < 10 then 'exact_poisson' when events >= 10 then 'byar' end;
end;
