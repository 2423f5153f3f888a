{# Whether a child may be held to answer for a day: from the month of the tenth birthday to that of the eighteenth. #}
{% macro is_from_10_to_17(child, day) -%}
    {{ months_between(child ~ '.birth_month_on', day) }} between 120 and 216
{%- endmacro %}
