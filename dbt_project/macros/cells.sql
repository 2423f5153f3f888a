{# A figure's cell is its total (all four times) or one group of one breakdown. #}

{% macro is_total(relation=none) -%}
    {%- set of = relation ~ '.' if relation else '' -%}
    ({{ of }}sex, {{ of }}age_band, {{ of }}ethnicity, {{ of }}imd_quintile) = ('all', 'all', 'all', 'all')
{%- endmacro %}

{% macro is_same_cell(one, other) -%}
    ({{ one }}.sex, {{ one }}.age_band, {{ one }}.ethnicity, {{ one }}.imd_quintile)
    = ({{ other }}.sex, {{ other }}.age_band, {{ other }}.ethnicity, {{ other }}.imd_quintile)
{%- endmacro %}

{# What kind of value a cell has. Events of a group have no standardised rate of their own: ages are not crossed with other groups. #}
{% macro cell_type(value_type, is_group) -%}
    case when {{ is_group }} and {{ value_type }} in ('dsr', 'sii', 'ratio') then 'crude_rate' else {{ value_type }} end
{%- endmacro %}
