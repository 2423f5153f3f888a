begin
    return round(value::numeric, places);
end;
