{# Short breaks (V3, V4) are respite and do not make a child looked after. An episode that ended on 31 March is over; what
   followed it on the same day is not. #}
{{ children_in_care(
    ref('stg_ssda903__episodes'),
    ref('stg_ssda903__header'),
    age=age_at_month_end('child.birth_month_on', 'event.period_end_on'),
    columns={'legal_status_code': 'event.legal_status_code', 'placement_code': 'event.placement_code'},
    where="
        event.legal_status_code not in ('V3', 'V4')
        and " ~ is_open_at_period_end('event.started_on', 'event.ended_on'),
    first_by='event.started_on',
) }}
