{{ config(materialized='view') }}

with crime as (

    select * from {{ ref('int_crime__recorded') }}
    where {{ is_known_today() }}

)

-- The police's own references of crimes and incidents stay below: with them a row could be found in their systems.
select
    submission_id, row_number, recorded_on, month_on as recorded_month_on, occurred_from_at, is_historic, ho_code,
    offence_group, area_code, lsoa_code, is_homicide, is_violence_with_injury, is_violence_without_injury,
    is_stalking_or_harassment, is_rape, is_other_sexual_offence, is_robbery, is_aggravated_burglary,
    is_possession_of_weapons, is_knife_enabled, is_firearm, is_domestic_abuse, is_child_exploitation, victim_age,
    victim_sex_code, outcome_type_code, outcome_on, known_from_on, is_synthetic
from crime
