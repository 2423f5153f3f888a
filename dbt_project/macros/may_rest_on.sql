{# Whether a figure of an indicator and period is made of a delivery: of one of its feeds, for a time that the period counts. #}
{% macro may_rest_on(indicator, period, submission) -%}
    {{ submission }}.feed = any({{ indicator }}.feeds)
    and {{ submission }}.period_start_on <= {{ period }}.last_due_on
    and {{ submission }}.period_end_on
    >= {{ period }}.start_on - make_interval(months => coalesce({{ indicator }}.looks_back_months, 0)::integer)
{%- endmacro %}
