{# An indicator's metadata: what its own file says, and for the rest the defaults of its domain and of all (dbt_project.yml).
   `meta`: the meta of the model's config. #}
{% macro indicator_of(meta) -%}
    {%- set whole = {} -%}
    {%- for said in (meta.get('defaults'), meta.get('domain_defaults'), meta['indicator']) -%}
        {%- do whole.update(said or {}) -%}
    {%- endfor -%}
    {{ return(whole) }}
{%- endmacro %}

{# The metadata of the indicator whose file this is. When files are parsed they are not known yet. #}
{% macro own_indicator() -%}
    {{ return(indicator_of(config.get('meta')) if execute else {'indicator_id': '', 'value_type': '', 'breakdowns': []}) }}
{%- endmacro %}

{# Every indicator's metadata, with the name of its `model`, by that name: the models that have `indicator` in their meta. Empty
   while files are parsed. #}
{% macro indicators() %}
    {% set found = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('indicator') %}
            {% do found.append(dict(indicator_of(node.config.meta), model=node.name)) %}
        {% endfor %}
    {% endif %}
    {{ return(found | sort(attribute='model')) }}
{% endmacro %}
