{# Whether the counts of an indicator of dim_indicator are sums, for the tests of sums. The total of a ratio counts one group of it,
   and the figures of an indicator that this build left out are of another day. #}
{% macro is_sum(indicator) -%}
    {{ indicator }}.value_type <> 'ratio'
    {%- if left_out() %} and {{ indicator }}.indicator_id not in ({{ left_out_ids() }}){% endif %}
{%- endmacro %}
