{# The groups of a child in social care, whose feeds know no neighbourhood: columns of an event, from `row` with age (NULL where
   the birth is not known), sex_code and ethnicity_code. A child whose age nobody knows is taken for one. #}
{% macro child_groups(row) -%}
        {{ row }}.age,
        {{ age_band(row ~ '.age') }} as age_band,
        {{ sex_group(row ~ '.sex_code') }} as sex,
        {{ ethnic_group(row ~ '.ethnicity_code') }} as ethnicity,
        'unknown' as imd_quintile,
        coalesce({{ row }}.age < 18, true) as is_under_18
{%- endmacro %}
