with month as (

    select day::date as month_on
    from generate_series(
        '{{ var("series_start") }}'::date,
        date_trunc('month', {{ var('as_of') }})::date - interval '1 month',
        interval '1 month'
    ) as day

),

financial as (

    select
        month_on,
        (month_on + interval '1 month')::date - 1 as month_end_on,
        -- The financial year starts in April: its year is that of the date three months earlier.
        extract(year from month_on - interval '3 months')::integer as financial_year_start,
        extract(quarter from month_on - interval '3 months')::integer as financial_quarter
    from month

),

by_month as (

    select
        to_char(month_on, 'YYYY-MM') as period_id,
        'month' as period_type,
        to_char(month_on, 'FMMonth YYYY') as period_label,
        month_on as start_on,
        month_end_on as end_on,
        1 as month_count,
        financial_year_start as population_year
    from financial

),

by_quarter as (

    select
        {{ financial_year('financial_year_start') }} || '-Q' || financial_quarter as period_id,
        'quarter' as period_type,
        'Q' || financial_quarter || ' ' || {{ financial_year('financial_year_start') }} as period_label,
        min(month_on) as start_on,
        max(month_end_on) as end_on,
        3 as month_count,
        financial_year_start as population_year
    from financial
    group by financial_year_start, financial_quarter
    having count(*) = 3

),

by_year as (

    select
        {{ financial_year('financial_year_start') }} as period_id,
        'financial_year' as period_type,
        'Year ending March ' || financial_year_start + 1 as period_label,
        min(month_on) as start_on,
        max(month_end_on) as end_on,
        12 as month_count,
        financial_year_start as population_year
    from financial
    group by financial_year_start
    having count(*) = 12

),

rolling as (

    select
        to_char(month_on, 'YYYY-MM') || '-R12' as period_id,
        'rolling_12_months' as period_type,
        'Twelve months to ' || to_char(month_on, 'FMMonth YYYY') as period_label,
        (month_on - interval '11 months')::date as start_on,
        month_end_on as end_on,
        12 as month_count,
        extract(year from month_on - interval '5 months')::integer as population_year
    from financial

),

final as (

    select * from by_month
    union all
    select * from by_quarter
    union all
    select * from by_year
    union all
    select * from rolling

)

select * from final
