with day as (

    {{ knowledge_days(['yot_caseload']) }}

),

submission as (

    select * from {{ ref('stg_ops__submission') }}
    where feed = 'yot_caseload' and is_ever_known

),

known as (

    select
        day.known_from_on,
        day.known_until_on,
        submission.supplier,
        submission.period_start_on
    from submission
    inner join day on submission.known_from_on <= day.known_from_on and submission.known_until_on > day.known_from_on

),

-- A cohort's quarter, the four in which it may reoffend and the two more in which that may be proven: 18 months are six
-- quarters on, so seven have to be there.
closed as (

    select
        last.known_from_on,
        last.known_until_on,
        last.supplier,
        last.period_start_on as closing_quarter_on
    from known as last
    inner join known as within
        on
            last.known_from_on = within.known_from_on
            and last.supplier = within.supplier
            and within.period_start_on between last.period_start_on - interval '18 months' and last.period_start_on
    group by last.known_from_on, last.known_until_on, last.supplier, last.period_start_on
    having count(*) = 7

),

span as (

    select
        supplier,
        closing_quarter_on,
        unnest(range_agg(daterange(known_from_on, known_until_on))) as days
    from closed
    group by supplier, closing_quarter_on

),

final as (

    select
        span.supplier,
        month.month_on::date as month_on,
        (month.month_on - interval '18 months')::date as cohort_month_on,
        lower(span.days) as known_from_on,
        upper(span.days) as known_until_on
    from span
    cross join lateral
        generate_series(
            span.closing_quarter_on, span.closing_quarter_on + interval '2 months', interval '1 month'
        ) as month (month_on)

)

select * from final
