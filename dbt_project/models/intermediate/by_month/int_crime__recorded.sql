{{ config(pre_hook="{{ mark_submissions() }}") }}

{% if model.resource_type != 'unit_test' -%}
-- depends_on: {{ ref('int_crime__reference') }}, {{ ref('stg_ops__submission') }}
{% endif -%}
with crime as (

    select * from {{ ref('stg_police_crime__crime') }}
    {% if is_incremental() %}
    where {{ is_read() }} and crime_ref in (
        select crime_ref from {{ ref('int_crime__reference') }}
        where {{ is_touched('month_on') }}
    )
    {% endif %}

),

home_office_class as (

    select * from {{ ref('home_office_class') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

lsoa as (

    select * from {{ ref('int_place__lsoa') }}

),

-- A crime that comes again is one crime, on any day as the extract that was then the latest had it.
version as (

    {{ versions_as_known(
        'crime', 'crime_ref', 'extract_as_at desc, period_start_on desc, submission_id desc, row_number desc'
    ) }}

),

-- A cancelled, transferred or replaced crime stays in the history and is counted nowhere.
active as (

    select
        *,
        -- Midnight stands for an unknown time, and an unknown time is neither of a day nor of a night.
        case when occurred_from_at::time <> time '00:00' then occurred_from_at end as timed_from_at
    from version
    where status = 'active'

),

classified as (

    select
        active.submission_id,
        active.row_number,
        active.crime_ref,
        active.incident_ref,
        active.recorded_month_on as month_on,
        active.recorded_on,
        active.occurred_from_at,
        active.occurred_from_at < active.recorded_on - interval '1 year' as is_historic,
        active.timed_from_at::time >= time '20:00' or active.timed_from_at::time < time '06:00' as is_night_time_economy,
        -- The small hours belong to the night before.
        case
            when active.timed_from_at::time >= time '20:00' or active.timed_from_at::time < time '06:00'
                then (active.timed_from_at - interval '6 hours')::date
        end as night_of_on,
        active.ho_code,
        home_office_class.offence_group,
        {{ area_of_district('active.district_code') }} as area_code,
        active.lsoa_code,
        lsoa.harmonised_lsoa_code,
        coalesce(lsoa.imd_quintile, 'unknown') as imd_quintile,
        coalesce(home_office_class.is_homicide, false) as is_homicide,
        coalesce(home_office_class.is_vwi, false) as is_violence_with_injury,
        coalesce(home_office_class.is_vwo, false) as is_violence_without_injury,
        coalesce(home_office_class.is_stalking, false) as is_stalking_or_harassment,
        coalesce(home_office_class.offence_group = 'Death or serious injury - unlawful driving', false)
            as is_unlawful_driving,
        coalesce(home_office_class.is_rape, false) as is_rape,
        coalesce(home_office_class.is_other_sexual, false) as is_other_sexual_offence,
        coalesce(home_office_class.is_robbery, false) as is_robbery,
        coalesce(home_office_class.is_aggravated_burglary, false) as is_aggravated_burglary,
        coalesce(home_office_class.is_weapon_possession, false) as is_possession_of_weapons,
        coalesce(active.is_knife, false) as is_knife,
        -- The Annual Data Return counts a knife on its selected offences only: possession is not one of them.
        coalesce(home_office_class.is_adr_knife_selected and active.is_knife, false) as is_knife_enabled,
        coalesce(active.is_gun, false) as is_firearm,
        active.is_domestic_abuse,
        coalesce(active.is_child_sexual_exploitation, false) or coalesce(active.is_child_criminal_exploitation, false)
        or active.ho_code = '71' as is_child_exploitation,
        active.victim_age,
        {{ age_band('active.victim_age') }} as age_band,
        {{ sex_group('active.victim_sex_code') }} as sex,
        {{ ethnic_group('active.victim_ethnicity_code') }} as ethnicity,
        active.victim_sex_code,
        active.victim_pid,
        active.suspect_pid,
        active.outcome_type_code,
        active.outcome_on,
        (active.recorded_month_on + interval '6 months')::date as outcome_month_on,
        -- Types 1 to 8 say what was done about a suspect: from charge and caution to community resolution.
        coalesce(
            active.outcome_type_code between 1 and 8 and active.outcome_on <= active.recorded_on + interval '6 months', false
        ) as has_positive_outcome_in_six_months,
        greatest(active.version_from_on, lsoa.known_from_on) as known_from_on,
        least(active.version_until_on, lsoa.known_until_on) as known_until_on,
        active.is_synthetic
    from active
    left join home_office_class on active.ho_code = home_office_class.code
    left join district on active.district_code = district.district_code
    {{ place_while_known('active.lsoa_code', 'daterange(active.version_from_on, active.version_until_on)') }}

),

final as (

    select
        classified.*,
        is_homicide or is_violence_with_injury or is_violence_without_injury or is_stalking_or_harassment
        or is_unlawful_driving as is_violence_against_the_person,
        -- The categories overlap: serious violence is a crime of any of them and never their sum.
        is_homicide or is_knife_enabled or is_firearm or is_violence_with_injury or is_rape or is_robbery
        or is_aggravated_burglary as is_serious_violence
    from classified

)

select * from final
where {{ is_touched('month_on') }}
