{# A text as a value of a type, and NULL where the text is none: one odd cell of one delivery never stops the build of all. #}
{% macro as_type(text, type) -%}
    case when pg_input_is_valid({{ text }}, '{{ type }}') then ({{ text }})::{{ type }} end
{%- endmacro %}


{# A double as the numeric with the same digits, all of which a cast would not keep: publish has no doubles, because PostgreSQL rounds
   none of them to decimals and people write round(value, 1). #}
{% macro as_numeric(number) -%}
    ({{ number }})::text::numeric
{%- endmacro %}
