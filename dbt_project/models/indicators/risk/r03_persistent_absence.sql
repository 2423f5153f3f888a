{{ reported_values(ref('int_reference__value'), where="indicator_id = 'R03'") }}
