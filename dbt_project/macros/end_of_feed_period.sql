{# The last day of the period of `feed.period_months` (a month, a quarter or a year from April) in which a day lies. #}
{% macro end_of_feed_period(day) -%}
    (
        date_trunc('month', {{ day }})
        + make_interval(
            months => feed.period_months - mod((extract(month from {{ day }}) + 8)::integer, feed.period_months)
        )
    )::date - 1
{%- endmacro %}
