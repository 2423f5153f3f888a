{# A condition on a row of fct_indicator_value that this build made anew, or whose sum is of figures of the same indicator and period;
   all of them where nobody knows that the others were tested (macros/tested_rows.sql). #}
{% macro is_tested(figure) -%}
    {%- if is_layer_known() -%}
    ({{ figure }}.indicator_id, {{ figure }}.period_id) in (select indicator_id, period_id from {{ ref('figure__touched') }})
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
