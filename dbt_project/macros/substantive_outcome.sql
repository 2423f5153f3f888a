{# Whether an outcome of a youth offending team is a caution or a court disposal. The type says it; the team's own flag is
   asked where the type is "other". A community resolution, outcome 22, no further action and remand are none. #}
{% macro is_substantive_outcome(outcome) -%}
    (
        {{ outcome }}.outcome_type_code in (
            'youth_caution', 'youth_conditional_caution', 'absolute_discharge', 'conditional_discharge', 'fine',
            'referral_order', 'reparation_order', 'yro', 'yro_iss', 'dto', 's250', 's91', 'extended'
        )
        or {{ outcome }}.outcome_type_code = 'other' and {{ outcome }}.is_substantive
    )
{%- endmacro %}
