{# Tables of publish and figures have plain names; their models are called publish__<name> and figure__<name>, for `area` is a seed
   already. #}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {{ custom_alias_name | trim if custom_alias_name else node.name | replace('publish__', '') | replace('figure__', '') }}
{%- endmacro %}
