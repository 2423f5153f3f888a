-- Before disclosure control: row security, and no grant to vrn_bi_reader, keep a partner's rows to its own analysts.
{{ config(
    grants={'select': ['vrn_analyst']},
    indexes=[{'columns': ['partner', 'indicator_id', 'area_code', 'period_id']}],
    post_hook="{{ row_security([
        'count', 'denominator', 'value', 'lower_ci_95', 'upper_ci_95', 'lower_ci_998', 'upper_ci_998'
    ]) }}"
) }}

with value as (

    select * from {{ ref('fct_indicator_value') }}

),

partner as (

    select * from {{ ref('partner') }}

),

member as (

    select * from {{ ref('area_member') }}

),

partner_area as (

    select partner, area_code
    from partner
    union
    select partner.partner, member.leaf_code
    from partner
    inner join member on partner.area_code = member.area_code

)

select
    partner_area.partner,
    value.indicator_id,
    value.area_code,
    value.period_id,
    value.sex,
    value.age_band,
    value.ethnicity,
    value.imd_quintile,
    value.count,
    value.denominator,
    value.value,
    value.lower_ci_95,
    value.upper_ci_95,
    value.lower_ci_998,
    value.upper_ci_998,
    value.method,
    value.comparison,
    value.comparison_england,
    value.trend,
    value.status,
    value.is_synthetic
from value
inner join partner_area on value.area_code = partner_area.area_code
