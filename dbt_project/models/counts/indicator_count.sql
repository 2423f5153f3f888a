{{ config(
    pre_hook="{{ begin_counts() }}",
    post_hook="{{ end_counts() }}",
    indexes=[{'columns': ['indicator_id', 'month_on']}]
) }}

{% for node in counted_nodes() %}
{% set indicator = node.config.meta.indicator %}
select
    indicator_id, area_code, period_start as month_on, age_band, sex, ethnicity, imd_quintile, numerator, denominator,
    square_sum, known_from_on, known_until_on
from {{ node.schema }}.{{ node.alias }}
where
    -- A numerator that is NULL is one that nobody knows: it makes every sum around it incomplete.
    (numerator is distinct from 0 or denominator <> 0)
    {%- if is_incremental() %}
    and {{ is_counted_anew(indicator, 'period_start') }}
    {%- endif %}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    null::text as indicator_id, null::text as area_code, null::date as month_on, null::text as age_band, null::text as sex,
    null::text as ethnicity, null::text as imd_quintile, 0::numeric as numerator, 0::numeric as denominator,
    0::numeric as square_sum, null::date as known_from_on, null::date as known_until_on
where false
{% endfor %}
{% if left_out() and not is_incremental() and load_relation(this) %}
union all
select
    indicator_id, area_code, month_on, age_band, sex, ethnicity, imd_quintile, numerator, denominator, square_sum,
    known_from_on, known_until_on
from {{ this }}
where indicator_id in ({{ left_out_ids() }})
{% endif %}
