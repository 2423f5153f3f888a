{# dbt's own macro writes SQL functions that return one value. Ours may be plpgsql, and a record is a pair of limits. #}
{% macro postgres__scalar_function_sql(target_relation) %}
    {%- set arguments = formatted_scalar_function_args_sql() | trim -%}
    {%- set limits = ', out lower double precision, out upper double precision' if model.returns.data_type == 'record' else '' -%}
    create or replace function {{ target_relation.render() }} ({{ arguments }}{{ limits }})
    returns {{ model.returns.data_type }}
    language {{ model.config.meta.language }} {{ scalar_function_volatility_sql() | trim }} parallel safe
    as $function$
    {{ model.compiled_code }}
    $function$;
    comment on function {{ target_relation.render() }} ({{ arguments }}) is $comment${{ model.description }}$comment$;
    grant execute on function {{ target_relation.render() }} ({{ arguments }}) to vrn_evaluator;
{% endmacro %}
