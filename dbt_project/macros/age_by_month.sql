{# Ages where only the month of birth is kept. On the last day of a month they are exact; on any other day the month of a
   birthday is still of the younger age, so that nobody leaves an age group before the birthday is certain. #}

{# Age on the last day of a date's month; NULL before birth, or when the birth is not known. #}
{% macro age_at_month_end(birth_month, day) -%}
    case when {{ months_between(birth_month, day) }} >= 0 then {{ months_between(birth_month, day) }} / 12 end
{%- endmacro %}

{# Age on some day, that of the younger in the month of a birthday; NULL before birth, or when the birth is not known. #}
{% macro age_in_month(birth_month, day) -%}
    case when {{ months_between(birth_month, day) }} >= 0 then ({{ months_between(birth_month, day) }} - 1) / 12 end
{%- endmacro %}
