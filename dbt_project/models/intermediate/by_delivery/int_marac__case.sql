with marac_case as (

    select
        *,
        marac_id || ' ' || meeting_on as case_at_meeting
    from {{ ref('stg_police_marac__marac_case') }}

),

district as (

    select area_code from {{ ref('area') }}
    where area_type = 'district'

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
        case
            when district.area_code is not null then district.area_code
            when version.district_code is not null then 'OUT'
            else 'LANCS-14'
        end as area_code,
        version.model,
        version.referral_source,
        {{ sex_group('version.victim_sex_code') }} as sex,
        version.is_repeat,
        version.version_from_on as known_from_on,
        version.version_until_on as known_until_on,
        version.is_synthetic
    from version
    left join district on version.district_code = district.area_code

)

select * from final
