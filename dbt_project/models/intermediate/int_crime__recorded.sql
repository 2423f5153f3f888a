with crime as (

    select * from {{ ref('stg_police_crime__crime') }}

),

home_office_class as (

    select * from {{ ref('home_office_class') }}

),

district as (

    select area_code from {{ ref('area') }}
    where area_type = 'district'

),

-- A crime that comes again is one crime, as the extract that was cut last has it.
ranked as (

    select
        *,
        row_number() over (
            partition by crime_ref
            order by extract_as_at desc, period_start_on desc, submission_id desc, row_number desc
        ) as place
    from crime

),

-- A cancelled, transferred or replaced crime stays in the history and is counted nowhere.
active as (

    select * from ranked
    where place = 1 and status = 'active'

),

final as (

    select
        active.submission_id,
        active.row_number,
        active.crime_ref,
        active.incident_ref,
        active.recorded_on,
        active.occurred_from_at,
        active.recorded_on - active.occurred_from_at::date > 365 as is_historic,
        active.ho_code,
        home_office_class.offence_group,
        case
            when district.area_code is not null then district.area_code
            when active.district_code is not null then 'OUT'
            else 'UNK'
        end as area_code,
        active.lsoa_code,
        coalesce(home_office_class.is_homicide, false) as is_homicide,
        coalesce(home_office_class.is_vwi, false) as is_violence_with_injury,
        coalesce(home_office_class.is_vwo, false) as is_violence_without_injury,
        coalesce(home_office_class.is_stalking, false) as is_stalking_or_harassment,
        coalesce(home_office_class.is_rape, false) as is_rape,
        coalesce(home_office_class.is_other_sexual, false) as is_other_sexual_offence,
        coalesce(home_office_class.is_robbery, false) as is_robbery,
        coalesce(home_office_class.is_aggravated_burglary, false) as is_aggravated_burglary,
        coalesce(home_office_class.is_weapon_possession, false) as is_possession_of_weapons,
        -- The Annual Data Return counts a knife on its selected offences only: possession is not one of them.
        coalesce(home_office_class.is_adr_knife_selected and active.is_knife, false) as is_knife_enabled,
        coalesce(active.is_gun, false) as is_firearm,
        active.is_domestic_abuse,
        coalesce(active.is_child_sexual_exploitation, false) or coalesce(active.is_child_criminal_exploitation, false)
        or active.ho_code = '71' as is_child_exploitation,
        active.victim_age,
        active.victim_sex_code,
        active.victim_pid,
        active.suspect_pid,
        active.outcome_type_code,
        active.outcome_on,
        active.is_synthetic
    from active
    left join home_office_class on active.ho_code = home_office_class.code
    left join district on active.district_code = district.area_code

)

select * from final
