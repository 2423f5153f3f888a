with outcome as (

    select * from {{ ref('stg_ssda903__oc2') }}

),

episode as (

    select * from {{ ref('stg_ssda903__episodes') }}
    where legal_status_code not in ('V3', 'V4')

),

-- Looked after on every day of the year: the episodes, of which the next begins on the day on which one ends, leave no gap.
cohort as (

    select submission_id, child_pid
    from episode
    where ended_on is null or ended_on > started_on
    group by submission_id, child_pid, period_start_on, period_end_on
    having range_agg(daterange(started_on, ended_on)) @> daterange(period_start_on, period_end_on, '[]')

),

answered as (

    select outcome.*
    from outcome
    inner join cohort on outcome.submission_id = cohort.submission_id and outcome.child_pid = cohort.child_pid

)

{{ children_in_care(
    'answered',
    ref('stg_ssda903__header'),
    age=age_at_month_end('event.birth_month_on', 'event.period_end_on'),
    columns={
        'is_convicted': 'event.is_convicted',
        'has_substance_misuse': 'event.has_substance_misuse',
        'sdq_score': 'event.sdq_score',
        'is_10_to_17': 'coalesce(aged.age between 10 and 17, false)',
        'is_5_to_16': 'coalesce(aged.age between 5 and 16, false)',
    },
) }}
