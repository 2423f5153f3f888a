{# The ages of a population as indicators name it: all, 0-17, 16+, female 16+. #}
{% macro population_age_from(name) -%}
    coalesce((regexp_match({{ name }}, '(\d+)[-+]'))[1]::integer, 0)
{%- endmacro %}

{% macro population_age_to(name) -%}
    coalesce((regexp_match({{ name }}, '-(\d+)$'))[1]::integer, 200)
{%- endmacro %}
