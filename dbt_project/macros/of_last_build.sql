{# What the last build left of this model, for what is the same to be taken over; none where all is made anew. #}
{% macro of_last_build() %}
    {%- if execute and not flags.FULL_REFRESH -%}
    {{ return(load_relation(this)) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}
