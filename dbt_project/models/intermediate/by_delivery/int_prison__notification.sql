with activity as (

    select * from {{ ref('stg_programme_prisons__activity') }}
    where activity_type = 'parental_imprisonment_notification'

),

district as (

    select * from {{ ref('int_place__district') }}

),

final as (

    select
        activity.submission_id,
        activity.row_number,
        -- The return counts a quarter; its first month stands for it.
        activity.period_start_on as month_on,
        coalesce(district.district_code, 'LANCS-14') as area_code,
        activity.notifications,
        activity.value_qualifier,
        activity.known_from_on,
        activity.known_until_on,
        activity.is_notifications_withheld,
        activity.is_synthetic
    from activity
    left join district on activity.district_code = district.district_code

)

select * from final
