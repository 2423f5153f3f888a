with assessment as (

    select * from {{ ref('stg_cin_census__assessment') }}

),

-- An assessment that was authorised after the year comes again in the next year's census and counts there.
completed as (

    select
        submission_id,
        supplier,
        child_pid,
        referred_on,
        known_from_on,
        known_until_on,
        is_synthetic,
        min(row_number) as row_number,
        min(authorised_on) as first_authorised_on,
        string_to_array(string_agg(factors, ' '), ' ') as factors
    from assessment
    where authorised_on between period_start_on and period_end_on and trim(factors) <> ''
    group by submission_id, supplier, child_pid, referred_on, known_from_on, known_until_on, is_synthetic

)

{{ children_in_care(
    'completed',
    ref('stg_cin_census__child'),
    age=age_in_month('child.birth_month_on', 'event.first_authorised_on'),
    day='event.first_authorised_on',
    columns={
        'referred_on': 'event.referred_on',
        'has_domestic_abuse': "event.factors && array['3A', '3B', '3C']",
        'has_gangs': "event.factors && array['13A']",
        'has_sexual_exploitation': "event.factors && array['11A']",
        'has_criminal_exploitation': "event.factors && array['24A']",
    },
) }}
