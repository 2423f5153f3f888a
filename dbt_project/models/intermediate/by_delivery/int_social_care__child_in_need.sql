{# A child with several open episodes is one child. The census year is named by the year in which it ends; its 31 March is in
   the financial year of the same months. #}
{{ children_in_care(
    ref('stg_cin_census__episode'),
    ref('stg_cin_census__child'),
    age=age_at_month_end('event.birth_month_on', 'event.period_end_on'),
    columns={'is_unborn': 'event.birth_month_on is null and event.expected_birth_month_on is not null'},
    where="
        not event.is_no_further_action
        and " ~ is_open_at_period_end('event.referred_on', 'event.closed_on') ~ "
        and (child.death_month_on is null or child.death_month_on > event.period_end_on)",
    first_by='event.referred_on',
) }}
