{{ config(
    indexes=[
        {'columns': ['indicator_id', 'area_code', 'period_id', 'sex', 'age_band', 'ethnicity', 'imd_quintile'], 'unique': true}
    ],
    pre_hook=hash_joins_only()
) }}

{{ indicator_values("date '9999-12-30'") }}
