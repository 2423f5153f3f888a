{# Whether a figure of an indicator and period is made of a delivery: of one of its feeds, for a time that the period counts. #}
{% macro may_rest_on(indicator, period, submission) -%}
    {{ submission }}.feed = any({{ indicator }}.feeds)
    and {{ submission }}.period_start_on <= {{ period }}.last_due_on
    and {{ submission }}.period_end_on >= {{ first_day_rested_on(indicator, period) }}
{%- endmacro %}

{# The first day of which a figure's deliveries may tell. #}
{% macro first_day_rested_on(indicator, period) -%}
    {{ period }}.start_on - make_interval(months => coalesce({{ indicator }}.looks_back_months, 0)::integer)
{%- endmacro %}
