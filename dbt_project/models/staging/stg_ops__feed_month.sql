with submission as (

    select * from {{ source('ops', 'submission') }}

),

-- A quarter's or a year's delivery is of each of its months.
by_month as (

    select
        submission.feed,
        month.month_on::date as month_on,
        bool_or(submission.status = 'accepted') as has_accepted,
        bool_or(submission.status = 'refused') as has_refused,
        bool_or(submission.is_synthetic) filter (where submission.status = 'accepted') as is_synthetic
    from submission
    cross join lateral
        generate_series(submission.period_start, submission.period_end, interval '1 month') as month (month_on)
    group by submission.feed, month.month_on

),

final as (

    select
        feed,
        month_on,
        case when has_accepted then 'received' when has_refused then 'refused' else 'awaiting_feed' end as state,
        coalesce(is_synthetic, false) as is_synthetic
    from by_month

)

select * from final
