with episode as (

    select * from {{ ref('stg_cin_census__episode') }}

),

-- An episode comes in every census in whose year it was open; as a referral it is of its own year.
referral as (

    select *
    from episode
    where referred_on between period_start_on and period_end_on

),

-- The days on which a referral of the same child in the 365 days before was known, from this census or another.
earlier as (

    select
        referral.submission_id,
        referral.row_number,
        range_agg(daterange(episode.known_from_on, episode.known_until_on)) as known_days
    from referral
    inner join episode
        on
            referral.child_pid = episode.child_pid
            and episode.referred_on between referral.referred_on - 365 and referral.referred_on - 1
    group by referral.submission_id, referral.row_number

),

-- Each referral's days as what they were: with an earlier referral, or without one.
told as (

    select
        referral.submission_id,
        referral.row_number,
        referral.supplier,
        referral.child_pid,
        referral.referred_on,
        referral.birth_month_on,
        referral.is_no_further_action,
        referral.is_synthetic,
        told.is_re_referral,
        lower(span.days) as known_from_on,
        upper(span.days) as known_until_on
    from referral
    left join earlier on referral.submission_id = earlier.submission_id and referral.row_number = earlier.row_number
    cross join lateral (
        select
            datemultirange(daterange(referral.known_from_on, referral.known_until_on)) as known_days,
            coalesce(earlier.known_days, '{}') as with_earlier
    ) as part
    cross join lateral (
        values
        (true, part.known_days * part.with_earlier),
        (false, part.known_days - part.with_earlier)
    ) as told (is_re_referral, days)
    cross join lateral unnest(told.days) as span (days)

)

{{ children_in_care(
    'told',
    ref('stg_cin_census__child'),
    age=age_in_month('event.birth_month_on', 'event.referred_on'),
    day='event.referred_on',
    columns={
        'referred_on': 'event.referred_on',
        'is_no_further_action': 'event.is_no_further_action',
        'is_re_referral': 'event.is_re_referral',
    },
) }}
