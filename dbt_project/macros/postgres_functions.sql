{# dbt's own macro writes SQL functions that return one value. Ours may be plpgsql; a record is a pair of limits, the columns that
   meta.columns names (all double precision), or the table whose columns meta.returns_table gives. #}
{% macro postgres__scalar_function_sql(target_relation) %}
    {%- set arguments = formatted_scalar_function_args_sql() | trim -%}
    {%- set types = model.arguments | map(attribute='data_type') | join(', ') -%}
    {%- set table = model.config.meta.get('returns_table') -%}
    {%- set columns = [] -%}
    {%- if model.returns.data_type == 'record' and not table -%}
        {%- set columns = model.config.meta.get('columns', ['lower', 'upper']) -%}
    {%- endif -%}
    create or replace function {{ target_relation.render() }} (
        {{ arguments }}{% for column in columns %}, out {{ column }} double precision{% endfor %}
    )
    returns {{ 'table (' ~ table ~ ')' if table else model.returns.data_type }}
    language {{ model.config.meta.language }} {{ scalar_function_volatility_sql() | trim }} parallel safe
    {%- if table %}{% for name, value in planner_settings().items() %} set {{ name }} = '{{ value }}'{% endfor %}{% endif %}
    as $function$
    {{ model.compiled_code }}
    $function$;
    comment on function {{ target_relation.render() }} ({{ types }}) is $comment${{ model.description }}$comment$;
    revoke execute on function {{ target_relation.render() }} ({{ types }}) from public;
    grant execute on function {{ target_relation.render() }} ({{ types }}) to vrn_evaluator;
{% endmacro %}
