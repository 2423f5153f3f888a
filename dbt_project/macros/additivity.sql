{# Of an indicator of dim_indicator, for the tests of sums: not of a build that left it out, whose figures are of another day. #}
{% macro is_not_left_out(indicator) -%}
    {% if left_out() %}{{ indicator }}.indicator_id not in ({{ left_out_ids() }}){% else %}true{% endif %}
{%- endmacro %}

{# Whether its counts are sums. The total of a ratio counts one group of it. #}
{% macro is_sum(indicator) -%}
    {{ indicator }}.value_type <> 'ratio' and {{ is_not_left_out(indicator) }}
{%- endmacro %}
