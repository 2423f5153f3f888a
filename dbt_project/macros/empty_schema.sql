{# The columns of a contract, as dbt compares them with those of a query. dbt's own macro warns of each `numeric` without a precision,
   because other databases round it to whole numbers; PostgreSQL keeps every digit. #}
{% macro postgres__get_empty_schema_sql(columns) -%}
    {%- set untyped = columns.values() | selectattr('data_type', 'undefined') | map(attribute='name') | list -%}
    {%- if untyped -%}
        {{ exceptions.column_type_missing(column_names=untyped) }}
    {%- endif -%}
    select
    {%- for column in columns.values() %}
        {{ cast('null', column.data_type) }} as {{ adapter.quote(column.name) if column.get('quote') else column.name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
