{# Fails with the rows whose value is there without the status ok, or missing with it, or whose limits do not hold the value. #}
{% test value_and_status_agree(model) %}
    select *
    from {{ model }}
    where
        (value is not null) <> (status = 'ok')
        or (count is not null and status in ('awaiting_feed', 'refused', 'before_series'))
        or lower_ci_95 > value * (1 + 1e-12) + 1e-12
        or upper_ci_95 < value * (1 - 1e-12) - 1e-12
        or lower_ci_998 > lower_ci_95
        or upper_ci_998 < upper_ci_95
{% endtest %}
