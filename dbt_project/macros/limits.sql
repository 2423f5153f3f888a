{# The confidence limits of a row of fct_indicator_value, by its value type, before scaling. #}
{% macro limits(level) -%}
    (
        select
            case value_type
                when 'crude_rate' then (stats.poisson_ci(numerator, {{ level }})).lower
                when 'proportion' then (stats.wilson_ci(numerator, denominator, {{ level }})).lower
                when 'ratio' then (stats.ratio_ci(numerator, minority, reference_numerator, white, {{ level }})).lower
            end as lower,
            case value_type
                when 'crude_rate' then (stats.poisson_ci(numerator, {{ level }})).upper
                when 'proportion' then (stats.wilson_ci(numerator, denominator, {{ level }})).upper
                when 'ratio' then (stats.ratio_ci(numerator, minority, reference_numerator, white, {{ level }})).upper
            end as upper
        where status = 'ok'
    )
{%- endmacro %}
