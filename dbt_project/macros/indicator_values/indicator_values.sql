{# Every figure as it was known on a day: the body of marts.fct_indicator_value (the last of days) and of
   publish.indicator_as_at, which may ask for some indicators only. One CTE a question; each macro below answers one. #}
{% macro indicator_values(as_at, indicator_ids=none) -%}
with indicator as (

    select * from {{ ref('dim_indicator') }}
    {% if indicator_ids %}where {{ indicator_ids }} is null or indicator_id = any({{ indicator_ids }}){% endif %}

),

period as (

    select * from {{ ref('dim_period') }}
    where end_on < {{ as_at }}

),

area as (

    select * from {{ ref('dim_area') }}

),

area_member as (

    select * from {{ ref('area_member') }}

),

age_band as (

    select * from {{ ref('age_band') }}

),

{{ completeness_as_at(as_at) }},

{{ counts_as_at(as_at) }},

{{ denominators() }},

{{ figures() }},

{{ limits_of_figures() }},

{{ comparisons() }}

select * from compared
{%- endmacro %}
