{# Whether the tests of sums look at the figures alone that this build made. The build says so (plugins/vrn/build/steps.py) where the
   build before made and tested all the others: after a test that failed nobody says it, and all figures are tested until they pass. #}
{% macro tests_touched_figures_alone() -%}
    {{ return(var('sums_tested') == 'touched') }}
{%- endmacro %}

{# A condition on a row of fct_indicator_value whose sum is of figures of the same indicator and period. #}
{% macro is_tested(figure) -%}
    {%- if tests_touched_figures_alone() -%}
    ({{ figure }}.indicator_id, {{ figure }}.period_id) in (select indicator_id, period_id from {{ ref('figure__touched') }})
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
