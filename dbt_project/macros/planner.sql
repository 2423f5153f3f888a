{# The planner does not see how many rows CTEs have, or a table that was just filled, and takes them for few: nested loops then run
   for minutes where hash joins take a second. As settings of the transaction, or of the function. #}
{% macro planner_settings() %}
    {{ return({'enable_nestloop': 'off', 'enable_mergejoin': 'off', 'enable_sort': 'off', 'work_mem': '64MB'}) }}
{% endmacro %}

{% macro hash_joins_only() %}
    {% set statements = [] %}
    {% for name, value in planner_settings().items() %}{% do statements.append("set local " ~ name ~ " = '" ~ value ~ "'") %}{% endfor %}
    {{ return(statements) }}
{% endmacro %}

{# Post-hook of a large table of which a build replaces a small part: what is known of all of it still holds, and autovacuum looks anew
   when a tenth has changed. #}
{% macro analyze_where_whole() -%}
    {%- if not is_incremental() -%}analyze {{ this }}{%- endif -%}
{%- endmacro %}
