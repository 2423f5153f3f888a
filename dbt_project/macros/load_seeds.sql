{# dbt's own macro, which asks for the placeholder of each value by a call of its own: 44,000 calls for the residents, nearly all of
   the time that the seeds took. Here a row's placeholders are asked for once. #}
{% macro postgres__load_csv_rows(model, agate_table) %}
    {%- set columns = agate_table.column_names -%}
    {%- set row_of_placeholders = '(' ~ ([get_binding_char()] * columns | length) | join(', ') ~ ')' -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set bindings = [] -%}
        {%- for row in chunk -%}
            {%- do bindings.extend(row) -%}
        {%- endfor -%}
        {%- set sql -%}
            insert into {{ this.render() }} ({{ get_seed_column_quoted_csv(model, columns) }})
            values {{ ([row_of_placeholders] * chunk | length) | join(', ') }}
        {%- endset -%}
        {%- do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) -%}
        {%- do statements.append(sql) if loop.first -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{% endmacro %}
