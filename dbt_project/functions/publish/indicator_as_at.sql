{{ indicator_values('$1', '$2') }}
