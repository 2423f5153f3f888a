select case when events < 10 then 'exact_poisson' else 'byar' end
