{{ count_events(
    ref('int_crime__recorded'),
    where='is_homicide and is_knife and victim_age < 25 and not is_domestic_abuse'
) }}
