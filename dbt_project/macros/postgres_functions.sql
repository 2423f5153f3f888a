{# dbt's own macro writes SQL functions that return one value. Ours may be plpgsql; a record is a pair of limits, the columns that
   meta.columns names (all double precision), the rows of the relation that meta.rows_of names (in publish with numerics for doubles),
   or the table whose columns meta.returns_table gives. #}
{% macro postgres__scalar_function_sql(target_relation) %}
    {#- Without the database, because a twin's text names the function, and a copy of the database has another name. #}
    {%- set name = target_relation.include(database=false).render() -%}
    {%- set arguments = formatted_scalar_function_args_sql() | trim -%}
    {%- set types = model.arguments | map(attribute='data_type') | join(', ') -%}
    {%- set meta = model.config.meta -%}
    {%- set table = columns_of(meta.rows_of) if meta.rows_of else meta.returns_table -%}
    {%- set table = table | replace('double precision', 'numeric') if table and model.schema == 'publish' else table -%}
    {%- set columns = [] -%}
    {%- if model.returns.data_type == 'record' and not table -%}
        {%- set columns = meta.get('columns', ['lower', 'upper']) -%}
    {%- endif -%}
    {%- set settings -%}
        {%- if table %}{% for name, value in planner_settings().items() %} set {{ name }} = '{{ value }}'{% endfor %}{% endif -%}
    {%- endset -%}
    {%- set returns -%}
        returns {{ 'table (' ~ table ~ ')' if table else model.returns.data_type }}
    {%- endset -%}
    {%- set out -%}
        {%- for column in columns %}, out {{ column }} double precision{% endfor -%}
    {%- endset -%}
    {%- set behaviour -%}{{ scalar_function_volatility_sql() | trim }} parallel safe{{ settings }}{%- endset -%}

    {#- The text is read when the function is called, and then the database may have another name. #}
    {%- set code = model.compiled_code | replace('"' ~ target_relation.database ~ '".', '') %}

    {% if table %}
    -- `create or replace` does not change what a function returns.
    drop function if exists {{ name }} ({{ types }});
    {% endif %}
    create or replace function {{ name }} ({{ arguments }}{{ out }})
    {{ returns }} language {{ meta.language }} {{ behaviour }}
    as $function$
    {% if meta.language == 'plpgsql' -%}
    {% if table %}#variable_conflict use_column{% endif %}
    begin
        {{ finite_arguments(target_relation.schema ~ '.' ~ target_relation.identifier) }}
        {{ code }}
    end;
    {%- else -%}
    {{ code }}
    {%- endif %}
    $function$;
    {{ described_and_granted(name, types) }}

    {%- if 'numeric' in model.arguments | map(attribute='data_type') %}
    -- PostgreSQL takes numeric where double precision is asked for, and not the other way round. So whatever asks for numeric has
    -- a twin; a call whose types are not known takes the twin, because double precision is what PostgreSQL prefers among numbers.
    -- By way of text, because the direct cast keeps 15 digits of 17.
    create or replace function {{ name }} (
        {{ arguments | replace(' numeric', ' double precision') }}{{ out }}
    )
    {{ returns }} language sql {{ behaviour }}
    as $function$
    select {{ '* from' if columns }} {{ name }} (
        {%- for argument in model.arguments %}
        {{ argument.name }}{{ '::text::numeric' if argument.data_type == 'numeric' }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    $function$;
    {{ described_and_granted(
        name,
        model.arguments | map(attribute='data_type') | map('replace', 'numeric', 'double precision') | join(', ')
    ) }}
    {%- endif %}
{% endmacro %}


{% macro described_and_granted(name, types) %}
    comment on function {{ name }} ({{ types }}) is $comment${{ model.description }}
        {%- if 'numeric' in types or 'double precision' in types %}
        {{- ' Numbers are whole, numeric or double precision; NaN and infinity are errors.' }}
        {%- endif -%}
    $comment$;
    revoke execute on function {{ name }} ({{ types }}) from public;
    grant execute on function {{ name }} ({{ types }}) to vrn_evaluator;
{% endmacro %}


{# NaN is greater than every number to PostgreSQL and infinity is one, so that both would pass for figures. #}
{% macro finite_arguments(name) %}
    {%- set numbers = ('double precision', 'numeric', 'double precision[]', 'numeric[]') %}
    {%- for argument in model.arguments if argument.data_type in numbers %}
        {%- if argument.data_type.endswith('[]') %}
        if {{ argument.name }} && '{NaN,Infinity,-Infinity}'::{{ argument.data_type }} then
            raise exception '{{ name }} takes finite numbers, and its {{ argument.name }} has %', (
                select element from unnest({{ argument.name }}) as element
                where element in ('NaN', 'Infinity', '-Infinity') limit 1
            );
        end if;
        {%- else %}
        if {{ argument.name }} in ('NaN', 'Infinity', '-Infinity') then
            raise exception '{{ name }} takes finite numbers, and its {{ argument.name }} has %', {{ argument.name }};
        end if;
        {%- endif %}
    {%- endfor %}
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
