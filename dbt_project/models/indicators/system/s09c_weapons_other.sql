{{ count_events(
    ref('int_weapon__recovered'),
    where='not is_sent_again and is_other_weapon',
    total='quantity',
    withheld='is_quantity_withheld'
) }}
