with month as (

    -- Pooled years and academic years reach back before the series begins.
    select day::date as month_on
    from generate_series(
        '{{ var("series_start") }}'::date - interval '3 years',
        date_trunc('month', {{ var('as_of') }})::date - interval '1 month',
        interval '1 month'
    ) as day

),

dated as (

    select
        month_on,
        (month_on + interval '1 month')::date - 1 as month_end_on,
        -- The financial year starts in April: its year is that of the date three months earlier. The academic year starts in
        -- September.
        extract(year from month_on - interval '3 months')::integer as financial_year_start,
        extract(quarter from month_on - interval '3 months')::integer as financial_quarter,
        extract(year from month_on - interval '8 months')::integer as academic_year_start
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
        array[financial_year_start] as population_years
    from dated

),

by_quarter as (

    select
        {{ financial_year('financial_year_start') }} || '-Q' || financial_quarter as period_id,
        'quarter' as period_type,
        'Q' || financial_quarter || ' ' || {{ financial_year('financial_year_start') }} as period_label,
        min(month_on) as start_on,
        max(month_end_on) as end_on,
        3 as month_count,
        array[financial_year_start] as population_years
    from dated
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
        array[financial_year_start] as population_years
    from dated
    group by financial_year_start
    having count(*) = 12

),

by_academic_year as (

    select
        'AY' || {{ financial_year('academic_year_start') }} as period_id,
        'academic_year' as period_type,
        'Academic year ' || {{ financial_year('academic_year_start') }} as period_label,
        min(month_on) as start_on,
        max(month_end_on) as end_on,
        12 as month_count,
        array[academic_year_start] as population_years
    from dated
    group by academic_year_start
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
        array[extract(year from month_on - interval '5 months')::integer] as population_years
    from dated

),

three_years as (

    select
        first_year.period_id || '-' || last_year.period_id as period_id,
        'three_financial_years' as period_type,
        'Three years ending ' || to_char(last_year.end_on, 'FMMonth YYYY') as period_label,
        first_year.start_on,
        last_year.end_on,
        36 as month_count,
        array[
            first_year.population_years[1], first_year.population_years[1] + 1, first_year.population_years[1] + 2
        ] as population_years
    from by_year as first_year
    inner join by_year as last_year on first_year.start_on = (last_year.start_on - interval '2 years')::date

),

every as (

    select * from by_month
    union all
    select * from by_quarter
    union all
    select * from by_year
    union all
    select * from by_academic_year
    union all
    select * from rolling
    union all
    select * from three_years

),

final as (

    select
        every.period_id,
        every.period_type,
        every.period_label,
        every.start_on,
        every.end_on,
        -- The returns of academic years come with the financial year in which they begin: those months are due.
        case when every.period_type = 'academic_year' then 7 else every.month_count end as month_count,
        case
            when every.period_type = 'academic_year' then (every.start_on + interval '7 months')::date - 1
            else every.end_on
        end as last_due_on,
        every.population_years,
        earlier.period_id as year_earlier_period_id
    from every
    left join every as earlier
        on every.period_type = earlier.period_type and every.start_on = (earlier.start_on + interval '1 year')::date

)

select * from final
