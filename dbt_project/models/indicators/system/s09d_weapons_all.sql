{{ count_events(
    ref('int_weapon__recovered'),
    where='not is_sent_again',
    total='quantity',
    withheld='is_quantity_withheld'
) }}
