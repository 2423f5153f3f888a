{# The area of a police division's letter; what headquarters has, or no division, is known for the county only. #}
{% macro division_area(letter) -%}
    case when {{ letter }} in ('W', 'S', 'E') then 'LANCS-' || {{ letter }} else 'LANCS-14' end
{%- endmacro %}
