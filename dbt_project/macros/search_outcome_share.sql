{# The body of an indicator that gives the share of searches with an outcome. #}
{% macro search_outcome_share(indicator_id, outcome) -%}
with search as (

    select * from {{ ref('int_stop_search__search') }}

),

final as (

    select
        '{{ indicator_id }}' as indicator_id,
        area_code,
        searched_month_on as period_start,
        'all' as age_band,
        'all' as sex,
        'all' as ethnicity,
        count(*) filter (where {{ outcome }}) as numerator,
        count(*) as denominator
    from search
    group by area_code, searched_month_on

)

select * from final
{%- endmacro %}
