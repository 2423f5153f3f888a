with notification as (

    select * from {{ ref('int_prison__notification') }}

),

submission as (

    select * from {{ ref('stg_ops__submission') }}
    where feed = 'programme_prisons' and is_ever_known

),

notified as (

    select
        month_on,
        known_from_on,
        known_until_on,
        case when not coalesce(bool_or(is_notifications_withheld), false) then sum(notifications) end as children,
        true as is_returned
    from notification
    group by month_on, known_from_on, known_until_on

),

-- The estimate is of a year: a return brings the part of its months, so that a year that is complete has the whole. One
-- without a notification is a return of none.
estimated as (

    select
        period_start_on as month_on,
        known_from_on,
        known_until_on,
        {{ var('children_of_prisoners_estimate') }}::numeric / 12
        * (
            12 * (extract(year from period_end_on) - extract(year from period_start_on))
            + extract(month from period_end_on) - extract(month from period_start_on) + 1
        ) as children
    from submission

),

final as (

    select
        'P08' as indicator_id,
        'LANCS-14' as area_code,
        estimated.month_on as period_start,
        'all' as age_band,
        'all' as sex,
        'all' as ethnicity,
        'all' as imd_quintile,
        case when notified.is_returned then notified.children else 0 end::numeric as numerator,
        trim_scale(estimated.children) as denominator,
        null::numeric as square_sum,
        estimated.known_from_on,
        estimated.known_until_on
    from estimated
    left join notified
        on
            estimated.month_on = notified.month_on
            and estimated.known_from_on = notified.known_from_on
            and estimated.known_until_on = notified.known_until_on

)

select * from final
