with submission as (

    select * from {{ source('ops', 'submission') }}

),

by_month as (

    select
        feed,
        period_start as month_on,
        bool_or(status = 'accepted') as has_accepted,
        bool_or(status = 'refused') as has_refused,
        bool_or(is_synthetic) filter (where status = 'accepted') as is_synthetic
    from submission
    where period_start is not null
    group by feed, period_start

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
