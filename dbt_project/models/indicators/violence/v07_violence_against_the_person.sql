{{ count_events(ref('int_crime__recorded'), where='is_violence_against_the_person') }}
