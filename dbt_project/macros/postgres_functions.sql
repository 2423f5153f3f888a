{# dbt's own macro writes SQL functions that return one value. Ours may be plpgsql; a record is a pair of limits, the columns that
   meta.columns names (all double precision), the rows of the relation that meta.rows_of names, or the table whose columns
   meta.returns_table gives. #}
{% macro postgres__scalar_function_sql(target_relation) %}
    {%- set arguments = formatted_scalar_function_args_sql() | trim -%}
    {%- set types = model.arguments | map(attribute='data_type') | join(', ') -%}
    {%- set meta = model.config.meta -%}
    {%- set table = columns_of(meta.rows_of) if meta.rows_of else meta.returns_table -%}
    {%- set columns = [] -%}
    {%- if model.returns.data_type == 'record' and not table -%}
        {%- set columns = meta.get('columns', ['lower', 'upper']) -%}
    {%- endif -%}
    {% if table %}
    -- `create or replace` does not change what a function returns.
    drop function if exists {{ target_relation.render() }} ({{ types }});
    {% endif %}
    create or replace function {{ target_relation.render() }} (
        {{ arguments }}{% for column in columns %}, out {{ column }} double precision{% endfor %}
    )
    returns {{ 'table (' ~ table ~ ')' if table else model.returns.data_type }}
    language {{ meta.language }} {{ scalar_function_volatility_sql() | trim }} parallel safe
    {%- if table %}{% for name, value in planner_settings().items() %} set {{ name }} = '{{ value }}'{% endfor %}{% endif %}
    as $function$
    {#- The text is read when the function is called, and then the database may have another name. #}
    {{ model.compiled_code | replace('"' ~ target_relation.database ~ '".', '') }}
    $function$;
    comment on function {{ target_relation.render() }} ({{ types }}) is $comment${{ model.description }}$comment$;
    revoke execute on function {{ target_relation.render() }} ({{ types }}) from public;
    grant execute on function {{ target_relation.render() }} ({{ types }}) to vrn_evaluator;
{% endmacro %}

{# The columns of a model's relation with their types, as `returns table (…)` wants them. The model is built before. #}
{% macro columns_of(name) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
        {%- set columns = run_query(
            "select string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) "
            ~ "from pg_attribute where attrelid = '" ~ node.schema ~ "." ~ node.alias ~ "'::regclass "
            ~ "and attnum > 0 and not attisdropped"
        ) -%}
        {%- do found.append(columns.columns[0].values()[0]) -%}
    {%- endif -%}
    {{ return(found[0] if found else '') }}
{%- endmacro %}
