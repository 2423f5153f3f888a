{{ config(pre_hook="{{ mark_submissions() }}") }}

{% if model.resource_type != 'unit_test' -%}
-- depends_on: {{ ref('int_encompass__child_incident') }}, {{ ref('stg_ops__submission') }}
{% endif -%}
-- Numbered before a row of a delivery is left out, so that the same is its last whatever the build makes anew.
with numbered as (

    select
        *,
        row_number() over (partition by submission_id, notification_id order by row_number desc) as place_in_delivery
    from {{ ref('stg_police_encompass__notification') }}
    where {{ is_read() }}

),

notification as (

    select * from numbered
    {% if is_incremental() %}
    where child_incident in (
        select child_incident from {{ ref('int_encompass__child_incident') }}
        where {{ is_touched('month_on') }}
    )
    {% endif %}

),

district as (

    select * from {{ ref('int_place__district') }}

),

school_day as (

    select * from {{ ref('int_school__day') }}

),

-- A notification that comes again in a delivery is its last row.
sent_once as (

    select * from notification
    where place_in_delivery = 1

),

-- A child's incident is counted once, when a school was first told; if none was, at the first attempt.
version as (

    {{ versions_as_known(
        'sent_once',
        'child_incident',
        'not is_received_by_school, sent_local_at, submission_id desc, row_number desc'
    ) }}

),

-- In time is before 09:00 on the next day of school by the calendar of the hub's authority: for an incident before 09:00
-- that is the same day, if there is school.
due as (

    select
        version.*,
        school_day.next_school_day_on + time '09:00' as due_local_at,
        -- Of a month that the calendar covers in part nothing is said.
        month_start.is_in_calendar is true and month_end.is_in_calendar is true as has_school_calendar
    from version
    cross join lateral (
        select
            case version.mash_code when 'LCC' then '888' when 'BWD' then '889' when 'BPL' then '890' end as authority_code,
            date_trunc('month', version.sent_on)::date as month_on
    ) as hub
    left join school_day
        on
            hub.authority_code = school_day.authority_code
            and school_day.day_on
            = version.incident_local_at::date + (version.incident_local_at::time >= time '09:00')::integer
    left join school_day as month_start
        on hub.authority_code = month_start.authority_code and hub.month_on = month_start.day_on
    left join school_day as month_end
        on
            hub.authority_code = month_end.authority_code
            and (hub.month_on + interval '1 month')::date - 1 = month_end.day_on

),

final as (

    select
        due.submission_id,
        due.row_number,
        due.notification_id,
        due.incident_ref,
        due.child_pid,
        date_trunc('month', due.sent_on)::date as month_on,
        due.incident_local_at,
        due.sent_local_at,
        due.due_local_at,
        due.mash_code,
        {{ area_of_district('due.district_code') }} as area_code,
        due.child_age,
        {{ age_band('due.child_age') }} as age_band,
        due.domestic_abuse_risk,
        due.status,
        due.is_received_by_school,
        case when due.has_school_calendar then due.sent_local_at < due.due_local_at end as is_timely,
        due.version_from_on as known_from_on,
        due.version_until_on as known_until_on,
        due.is_synthetic
    from due
    left join district on due.district_code = district.district_code

)

select * from final
where {{ is_touched('month_on') }}
