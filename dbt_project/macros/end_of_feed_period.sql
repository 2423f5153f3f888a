{# The last day of the feed's period (a month, quarter or year of `feed.period_months`, the year from April) that has a day in it. #}
{% macro end_of_feed_period(day) -%}
    (
        date_trunc('month', {{ day }})
        + make_interval(
            months => feed.period_months - mod((extract(month from {{ day }}) + 8)::integer, feed.period_months)
        )
    )::date - 1
{%- endmacro %}
