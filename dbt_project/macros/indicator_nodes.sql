{# Every indicator's model, by id: a model in models/indicators with `indicator` in its meta. The layers are built in
   order (vrn.build.dbt.LAYERS), so that they are there when the marts are; dbt's own graph does not show these edges. #}
{% macro indicator_nodes() %}
    {% set found = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.get('indicator') %}
            {% do found.append(node) %}
        {% endfor %}
    {% endif %}
    {{ return(found | sort(attribute='name')) }}
{% endmacro %}
