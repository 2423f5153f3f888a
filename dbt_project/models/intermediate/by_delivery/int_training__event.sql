with event as (

    select * from {{ ref('stg_programme_training__event') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

final as (

    select
        event.submission_id,
        event.row_number,
        event.event_on,
        date_trunc('month', event.event_on)::date as month_on,
        event.programme,
        event.event_type,
        event.audience,
        -- What was held for a division or the whole county belongs to no district.
        coalesce(district.district_code, 'LANCS-14') as area_code,
        event.sessions,
        event.attendees,
        event.unique_attendees,
        event.value_qualifier,
        event.known_from_on,
        event.known_until_on,
        event.is_attendees_withheld,
        event.is_unique_attendees_withheld,
        event.is_synthetic
    from event
    left join district on event.district_code = district.district_code

)

select * from final
