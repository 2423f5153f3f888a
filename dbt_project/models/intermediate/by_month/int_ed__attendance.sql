with attendance as (

    select * from {{ ref('stg_tiig_ed_attendance__attendance') }}
    where {{ is_touched("date_trunc('month', arrived_on)::date") }}

),

hospital_site as (

    select area_code from {{ ref('area') }}
    where area_type = 'hospital_site'

),

lsoa as (

    select * from {{ ref('int_place__lsoa') }}

),

-- The wall clock has no offset: on the last Sunday of October the hour from 01:00 comes twice, on that of March it does not
-- come. 00:00 often stands for an unknown time. A time is kept as it was written, with what it is worth.
timed as (

    select
        *,
        case
            when is_arrival_at_midnight then 'midnight'
            when
                extract(isodow from arrived_on) = 7
                and extract(day from arrived_on) > 24
                and extract(hour from arrived_local_at) = 1
                then case extract(month from arrived_on) when 10 then 'ambiguous' when 3 then 'skipped' else 'stated' end
            else 'stated'
        end as arrival_time_quality,
        case
            when incident_time <> '00:00' and incident_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
                then incident_on + incident_time::time
        end as incident_local_at,
        -- What is not written as a code is none: a text in its place goes no further than staging.
        case when assault_method ~ '^[a-z_]+$' then assault_method end as assault_method_code,
        case when assault_location_type ~ '^[a-z_]+$' then assault_location_type end as assault_location_type_code
    from attendance

),

final as (

    select
        timed.submission_id,
        timed.row_number,
        date_trunc('month', timed.arrived_on)::date as month_on,
        timed.arrived_on,
        timed.arrived_local_at,
        timed.arrival_time_quality,
        timed.provider_code,
        coalesce(hospital_site.area_code, 'UNK') as site_area_code,
        case
            when lsoa.district_code is not null then lsoa.district_code
            when timed.residence_lsoa_code is not null then 'OUT'
            else 'UNK'
        end as area_code,
        timed.age,
        {{ age_band('timed.age') }} as age_band,
        {{ sex_group('timed.sex') }} as sex,
        {{ ethnic_group('timed.ethnic_category') }} as ethnicity,
        coalesce(lsoa.imd_quintile, 'unknown') as imd_quintile,
        timed.injury_group,
        timed.injury_group = 'assault' as is_assault,
        timed.assault_method_code,
        coalesce(timed.assault_method_code in ('sharp_knife', 'sharp_other'), false) as is_sharp_object,
        timed.assault_location_type_code,
        -- An incident after the arrival is a mistake. Of an arrival at midnight only the day is sure, and in the hour that
        -- comes twice only that it was before 02:00.
        coalesce(
            timed.incident_local_at <= case timed.arrival_time_quality
                when 'midnight' then timed.arrived_on + time '23:59'
                when 'ambiguous' then timed.arrived_on + time '01:59'
                else timed.arrived_local_at
            end,
            false
        ) as has_incident_time,
        timed.assault_method_code is not null and timed.assault_method_code <> 'unknown' as has_assault_method,
        timed.assault_location_type_code is not null
        and timed.assault_location_type_code <> 'unknown' as has_assault_location_type,
        coalesce(timed.alcohol_three_hours_code in ('Y', 'N'), false) as has_alcohol_answer,
        coalesce(timed.alcohol_three_hours_code = 'Y', false) as is_alcohol_related,
        coalesce(timed.reported_to_police_code in ('Y', 'N'), false) as has_reporting_answer,
        coalesce(timed.reported_to_police_code = 'N', false) as is_unreported,
        timed.disposal_code,
        timed.has_left_before_treatment,
        greatest(timed.known_from_on, lsoa.known_from_on) as known_from_on,
        least(timed.known_until_on, lsoa.known_until_on) as known_until_on,
        timed.is_synthetic
    from timed
    left join hospital_site on timed.site_code = hospital_site.area_code
    {{ place_while_known('timed.residence_lsoa_code', 'daterange(timed.known_from_on, timed.known_until_on)') }}

)

select * from final
