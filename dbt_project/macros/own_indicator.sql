{# The metadata of the indicator whose file this is. When files are parsed they are not known yet. #}
{% macro own_indicator() -%}
    {{ return(config.get('meta')['indicator'] if execute else {'indicator_id': '', 'value_type': '', 'breakdowns': []}) }}
{%- endmacro %}
