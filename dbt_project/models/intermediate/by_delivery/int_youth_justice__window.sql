with day as (

    {{ knowledge_days(['yot_caseload']) }}

),

submission as (

    select * from {{ ref('stg_ops__submission') }}
    where feed = 'yot_caseload' and is_ever_known

),

known as (

    {{ on_days_known('submission') }}

),

-- A cohort's quarter, the four in which it may reoffend and the two more in which that may be proven: 18 months are six
-- quarters on, so seven have to be there.
closed as (

    select
        last.day_from_on,
        last.day_until_on,
        last.supplier,
        last.period_start_on as closing_quarter_on
    from known as last
    inner join known as within
        on
            last.day_from_on = within.day_from_on
            and last.supplier = within.supplier
            and within.period_start_on between last.period_start_on - interval '18 months' and last.period_start_on
    group by last.day_from_on, last.day_until_on, last.supplier, last.period_start_on
    having count(*) = 7

),

span as (

    {{ spans_of_days('closed', ['supplier', 'closing_quarter_on']) }}

),

final as (

    select
        span.supplier,
        month.month_on::date as month_on,
        (month.month_on - interval '18 months')::date as cohort_month_on,
        span.known_from_on,
        span.known_until_on
    from span
    cross join lateral
        generate_series(
            span.closing_quarter_on, span.closing_quarter_on + interval '2 months', interval '1 month'
        ) as month (month_on)

)

select * from final
