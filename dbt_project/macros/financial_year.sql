{# 2019 -> 2019/20 #}
{% macro financial_year(start_year) -%}
    ({{ start_year }}::text || '/' || lpad((({{ start_year }} + 1) % 100)::text, 2, '0'))
{%- endmacro %}
