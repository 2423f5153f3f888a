{# The indicators that this build leaves out, because a model that they rest on failed or the feed file cannot be read: a list of
   ids (plugins/vrn/build/left_out.py). Nothing is counted anew for them, and their figures stay as they were. #}
{% macro left_out() -%}
    {{ return(var('left_out')) }}
{%- endmacro %}

{# Their ids in SQL, for `in (…)`. #}
{% macro left_out_ids() -%}
    '{{ left_out() | join("', '") }}'
{%- endmacro %}

{# The feeds that they are made of, for `in (…)`. #}
{% macro left_out_feeds() -%}
    {%- set feeds = [] -%}
    {%- for indicator in indicators() if indicator.indicator_id in left_out() -%}
        {%- do feeds.extend(indicator.feeds) -%}
    {%- endfor -%}
    '{{ feeds | unique | join("', '") }}'
{%- endmacro %}

{# The indicators that are counted. #}
{% macro counted_indicators() %}
    {{ return(indicators() | rejectattr('indicator_id', 'in', left_out()) | list) }}
{% endmacro %}
