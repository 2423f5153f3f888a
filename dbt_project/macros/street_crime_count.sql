{# The body of an indicator that counts one category of the public street files. #}
{% macro street_crime_count(indicator_id, crime_type) -%}
with crime as (

    select * from {{ ref('int_crime__street') }}

),

final as (

    select
        '{{ indicator_id }}' as indicator_id,
        area_code,
        recorded_month_on as period_start,
        'all' as age_band,
        'all' as sex,
        'all' as ethnicity,
        count(*) as numerator,
        null::bigint as denominator
    from crime
    where crime_type = '{{ crime_type }}'
    group by area_code, recorded_month_on

)

select * from final
{%- endmacro %}
