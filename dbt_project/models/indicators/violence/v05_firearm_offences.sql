{{ count_events(
    ref('int_crime__adr'),
    where='is_firearm',
    total='offence_count',
    withheld='is_offence_count_withheld'
) }}
