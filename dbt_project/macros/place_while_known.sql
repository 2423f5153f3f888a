{# Joins to an event the places that its LSOA had, as the CTE `lsoa`, while the event was known as this (the range `known`): one, or
   several one after the other, because an index of deprivation or a lookup that comes changes figures from its day on. An LSOA
   elsewhere has none, and the event stays one row. #}
{% macro place_while_known(code, known) -%}
    left join lsoa on {{ code }} = lsoa.lsoa_code and {{ known }} && daterange(lsoa.known_from_on, lsoa.known_until_on)
{%- endmacro %}
