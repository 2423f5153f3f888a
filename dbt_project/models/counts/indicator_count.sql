{{ config(
    post_hook="{{ remember_deliveries() }}",
    indexes=[{'columns': ['indicator_id', 'month_on']}]
) }}

{#- The models of all indicators, by name: dbt reads here what the figures rest on. -#}
{%- set counted = [
    'pub_rob_robbery',
    'pub_vso_violence_and_sexual_offences',
    'pub_wpn_possession_of_weapons',
    'v01_homicide',
    'v02_non_domestic_knife_homicide_under_25',
    'v03_knife_enabled_serious_violence',
    'v04_knife_enabled_serious_violence_under_25',
    'v05_firearm_offences',
    'v06_violence_with_injury',
    'v07_violence_against_the_person',
    'v08_sexual_offences',
    'v09_rape',
    'v10_robbery',
    'v11_aggravated_burglary',
    'v12_domestic_abuse_related_crime',
    'v13_child_exploitation_crime',
    'v14_possession_of_weapons',
    'v15_serious_violence',
    'v16_ed_assault_attendances',
    'v17_ed_sharp_object_assault_under_25',
    'v18_emergency_admissions_for_violence',
    'v19_emergency_admissions_sharp_object_under_25',
    'v20_alcohol_related_share_of_ed_assaults',
    'v21_ed_assaults_not_reported_to_police',
    'v22_inequality_in_violence_with_injury',
    'r01_child_development',
    'r02_good_level_of_development',
    'r03_persistent_absence',
    'r04_suspensions',
    'r05_neet',
    'r06_semh_need',
    'r07_substance_misuse_admissions',
    'r08_children_in_low_income_families',
    'r09_children_in_need',
    'r10_child_protection_plans',
    'r11_children_looked_after',
    'r12_re_referrals',
    'r13a_assessments_domestic_abuse',
    'r13b_assessments_gangs',
    'r13c_assessments_sexual_exploitation',
    'r13d_assessments_criminal_exploitation',
    'r14a_looked_after_convicted',
    'r14b_looked_after_substance_misuse',
    'r14c_looked_after_sdq_concern',
    'r15_lack_of_after_school_activities',
    'p01_navigator_engagement',
    'p02a_navigator_sustained_support',
    'p02b_navigator_reattendance',
    'p03_divert_engagement',
    'p04_divert_rearrest',
    'p05a_parenting_completion',
    'p05b_parenting_incidents_difference',
    'p06_training_reach',
    'p06b_training_unique_attendees',
    'p07_strength_inside_out_completion',
    'p08_children_of_prisoners_notified',
    'p09a_grant_reach',
    'p09b_grant_award_per_young_person',
    's01_encompass_notifications',
    's02_encompass_compliance',
    's03_encompass_timeliness',
    's04_marac_cases',
    's05_marac_repeat',
    's06_stop_and_search',
    's07a_searches_with_any_action',
    's07b_searches_with_object_found',
    's08_search_disproportionality',
    's09a_weapons_firearms',
    's09b_weapons_knives',
    's09c_weapons_other',
    's09d_weapons_all',
    's09e_weapons_as_published',
    's09f_weapons_surrendered_in_bins',
    's10_test_purchase_failure',
    's11_first_time_entrants',
    's12a_youth_reoffending',
    's12b_reoffences_per_reoffender',
    's12c_youth_custody',
    's12d_serious_youth_violence',
    's13_istv_completeness',
    's14_serious_violence_positive_outcome',
] -%}
{%- for name in counted %}{% do ref(name) %}{% endfor -%}
{%- do refuse_unlisted(counted) -%}

select
    null::text as indicator_id, null::text as area_code, null::date as month_on, null::text as age_band, null::text as sex,
    null::text as ethnicity, null::text as imd_quintile, null::numeric as numerator, null::numeric as denominator,
    null::numeric as square_sum, null::date as known_from_on, null::date as known_until_on
where false
{% for indicator in counted_indicators() %}
union all
select
    indicator_id, area_code, period_start, age_band, sex, ethnicity, imd_quintile, numerator, denominator, square_sum,
    known_from_on, known_until_on
from {{ ref(indicator.model) }}
where
    -- A numerator that is NULL is one that nobody knows: it makes every sum around it incomplete.
    (numerator is distinct from 0 or denominator <> 0)
    {%- if is_incremental() %}
    and {{ is_counted_anew(indicator, 'period_start') }}
    {%- endif %}
{% endfor %}
{% if left_out() and not is_incremental() and load_relation(this) %}
union all
select
    indicator_id, area_code, month_on, age_band, sex, ethnicity, imd_quintile, numerator, denominator, square_sum,
    known_from_on, known_until_on
from {{ this }}
where indicator_id in ({{ left_out_ids() }})
{% endif %}
