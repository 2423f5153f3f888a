{# A point outside Great Britain, at 0,0 or with its coordinates swapped tells nothing of where something happened. #}
{% macro is_in_great_britain(longitude, latitude) -%}
    {{ longitude }} between -9 and 2.5 and {{ latitude }} between 49 and 61
{%- endmacro %}
