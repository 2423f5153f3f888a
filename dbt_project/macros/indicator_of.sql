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

{# Each indicator_id with each `entity` (FEED__ENTITY) of its feeds that it is counted from: the tables of raw that its model rests on
   in dbt's graph. #}
{% macro entities_of_indicators() -%}
    select null::text as indicator_id, null::text as entity
    where false
    {%- for indicator in indicators() %}
    {%- set found = [] -%}
    {%- do collect_entities(graph.nodes['model.' ~ project_name ~ '.' ~ indicator.model], found, []) -%}
    {%- for entity in found | sort if entity.partition('__')[0] in indicator.feeds %}
    union all
    select '{{ indicator.indicator_id }}', '{{ entity }}'
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{# Adds to `found` the names of the tables of raw that a node of the graph rests on, by way of nodes that are not among those `seen`. #}
{% macro collect_entities(node, found, seen) %}
    {%- for node_id in node.depends_on.nodes if node_id not in seen -%}
        {%- do seen.append(node_id) -%}
        {%- if node_id in graph.nodes -%}
            {%- do collect_entities(graph.nodes[node_id], found, seen) -%}
        {%- elif node_id in graph.sources and graph.sources[node_id].source_name == 'raw' -%}
            {%- do found.append(graph.sources[node_id].name) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
