{{ config(
    group='figures',
    materialized='incremental',
    incremental_strategy='replace_months',
    on_schema_change='sync_all_columns',
    indexes=[
        {'columns': ['indicator_id', 'area_code', 'period_id', 'sex', 'age_band', 'ethnicity', 'imd_quintile'], 'unique': true}
    ],
    pre_hook=hash_joins_only(),
    post_hook=["{{ remember_figures() }}", '{{ analyze_where_whole() }}']
) }}

{% if is_of_touched(none) -%}
-- depends_on: {{ ref('figure__touched') }}, {{ ref('figure__made_from') }}, {{ ref('dim_period') }}
{% endif -%}
{{ indicator_value() }}
{%- set kept = load_relation(this) if execute and left_out() %}
{%- if kept %}
-- What is left out stays as it was; of it only what was not there yet is new.
where not exists (
    select 1 from {{ this }} as kept
    where
        kept.indicator_id in ({{ left_out_ids() }})
        and (
            kept.indicator_id, kept.area_code, kept.period_id, kept.age_band, kept.sex,
            kept.ethnicity, kept.imd_quintile
        ) = (
            compared.indicator_id, compared.area_code, compared.period_id, compared.age_band, compared.sex,
            compared.ethnicity, compared.imd_quintile
        )
)
{%- if not is_incremental() %}
union all
select * from {{ this }}
where indicator_id in ({{ left_out_ids() }})
{%- endif %}
{%- endif %}
