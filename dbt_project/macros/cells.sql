{# A figure's cell is its total (all four times) or one group of one breakdown. #}

{% macro is_total(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    ({{ of }}sex, {{ of }}age_band, {{ of }}ethnicity, {{ of }}imd_quintile) = ('all', 'all', 'all', 'all')
{%- endmacro %}

{% macro is_same_cell(one, other) -%}
    ({{ one }}.sex, {{ one }}.age_band, {{ one }}.ethnicity, {{ one }}.imd_quintile)
    = ({{ other }}.sex, {{ other }}.age_band, {{ other }}.ethnicity, {{ other }}.imd_quintile)
{%- endmacro %}
