with marac_case as (

    select
        *,
        marac_id || ' ' || meeting_on as case_at_meeting
    from {{ ref('stg_police_marac__marac_case') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

-- A case is counted once a meeting.
version as (

    {{ versions_as_known(
        'marac_case', 'case_at_meeting', 'known_from_on desc, submission_id desc, row_number desc'
    ) }}

),

final as (

    select
        version.submission_id,
        version.row_number,
        version.marac_id,
        version.victim_pid,
        date_trunc('month', version.meeting_on)::date as month_on,
        version.meeting_on,
        -- Every conference is in the county: a case without a district counts there.
        {{ area_of_district('version.district_code', unknown='LANCS-14') }} as area_code,
        version.model,
        version.referral_source,
        {{ sex_group('version.victim_sex_code') }} as sex,
        version.is_repeat,
        version.version_from_on as known_from_on,
        version.version_until_on as known_until_on,
        version.is_synthetic
    from version
    left join district on version.district_code = district.district_code

)

select * from final
