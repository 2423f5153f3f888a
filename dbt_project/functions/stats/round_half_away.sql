select round(value::numeric, places)
