{# The body of an indicator whose numbers come as they are, from a publication or a survey. `events` has numerator,
   denominator and is_known. What is not known is NULL and not 0, and with it every sum that it belongs to. #}
{% macro reported_values(events, where='true') -%}
with reported as (

    select * from {{ events }}
    where {{ where }}

),

final as (

    select
        '{{ own_indicator().indicator_id }}' as indicator_id,
        area_code,
        month_on as period_start,
        'all' as age_band,
        'all' as sex,
        'all' as ethnicity,
        'all' as imd_quintile,
        case when bool_and(is_known) then sum(numerator)::numeric end as numerator,
        case when bool_and(is_known) then sum(denominator)::numeric end as denominator,
        null::numeric as square_sum,
        known_from_on,
        known_until_on
    from reported
    group by area_code, month_on, known_from_on, known_until_on

)

select * from final
{%- endmacro %}
