{# A child counts once, whatever the number of plans. #}
{{ children_in_care(
    ref('stg_cin_census__child_protection_plan'),
    ref('stg_cin_census__child'),
    age=age_at_month_end('child.birth_month_on', 'event.period_end_on'),
    where=is_open_at_period_end('event.started_on', 'event.ended_on') ~ "
        and coalesce(child.death_month_on, event.death_month_on, event.period_end_on + 1) > event.period_end_on",
    first_by='event.started_on',
) }}
