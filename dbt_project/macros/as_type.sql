{# A text as a value of a type, and NULL where the text is none: one odd cell of one delivery never stops the build of all. #}
{% macro as_type(text, type) -%}
    case when pg_input_is_valid({{ text }}, '{{ type }}') then ({{ text }})::{{ type }} end
{%- endmacro %}
