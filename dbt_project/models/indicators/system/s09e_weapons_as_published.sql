{{ count_events(
    ref('int_weapon__recovered'),
    where='not is_sent_again and is_in_published_total',
    total='quantity',
    withheld='is_quantity_withheld'
) }}
