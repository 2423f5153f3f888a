-- Before disclosure control: row security, and no grant to vrn_bi_reader, keep a partner's rows to its own analysts.
{{ config(
    grants={'select': ['vrn_analyst']},
    pre_hook=hash_joins_only(),
    indexes=[{
        'columns': ['partner', 'indicator_id', 'area_code', 'period_id', 'sex', 'age_band', 'ethnicity', 'imd_quintile'],
        'unique': true
    }],
    post_hook="{{ row_security([
        'count', 'denominator', 'value', 'lower_ci_95', 'upper_ci_95', 'lower_ci_998', 'upper_ci_998'
    ]) }}"
) }}

with value as (

    select * from {{ ref('fct_indicator_value') }}

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

-- What it could count itself of what it sent, and nothing that another sent of its area.
own as (

    select * from {{ ref('partner_known_area') }}
    where is_own

)

select
    own.partner,
    value.indicator_id,
    value.area_code,
    value.period_id,
    value.sex,
    value.age_band,
    value.ethnicity,
    value.imd_quintile,
    value.count,
    value.denominator,
    {{ as_numeric('value.value') }} as value,
    {{ as_numeric('value.lower_ci_95') }} as lower_ci_95,
    {{ as_numeric('value.upper_ci_95') }} as upper_ci_95,
    {{ as_numeric('value.lower_ci_998') }} as lower_ci_998,
    {{ as_numeric('value.upper_ci_998') }} as upper_ci_998,
    value.method,
    -- The county's value before disclosure control rests on what others sent as well, unless it is the partner's own.
    case when own_county.partner is null then 'not_compared' else value.comparison end as comparison,
    value.comparison_england,
    value.trend,
    value.status,
    value.is_synthetic
from value
inner join own on value.indicator_id = own.indicator_id and value.area_code = own.area_code
inner join indicator on value.indicator_id = indicator.indicator_id
left join own as own_county
    on
        own.partner = own_county.partner
        and own.indicator_id = own_county.indicator_id
        and indicator.comparator_default = own_county.area_code
