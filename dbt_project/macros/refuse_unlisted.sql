{# Refuses to count while an indicator's model is not in the list of those that are counted: its figures would be missing. #}
{% macro refuse_unlisted(listed) -%}
    {%- set missing = indicators() | map(attribute='model') | reject('in', listed) | list -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error(
            "Nothing counts the indicator " ~ missing | join(", ") ~ ": add its name to the list `counted` in "
            ~ "models/counts/indicator_count.sql"
        ) }}
    {%- endif -%}
{%- endmacro %}
