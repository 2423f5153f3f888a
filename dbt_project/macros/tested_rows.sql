{# Which rows the tests of a model look at. A build that knows that the layer was whole, and so all of it was tested, says when that
   was (`last_whole`, plugins/vrn/build/steps.py). Then what is kept by month is tested in the months that were made anew since,
   figures are where this build made them, and rows of staging are where no build has counted their delivery. After a test that
   failed nobody says it, and all rows are tested until they pass. A model that shows events names them in its meta: the `model` that
   keeps them by month, and the `month` here. #}

{# Whether the layer was whole before this build. #}
{% macro is_layer_known() -%}
    {{ return(var('last_whole') != 0) }}
{%- endmacro %}

{# What dbt calls for the model of every generic test: the relation, or those of its rows that the test looks at. #}
{% macro postgres__get_where_subquery(relation) -%}
    {%- set where = untested_rows(relation) if execute and is_layer_known() -%}
    {%- if where -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as untested') }}
    {%- endif -%}
    {{ return(default__get_where_subquery(relation)) }}
{%- endmacro %}

{# The condition on them; none where all are tested. #}
{% macro untested_rows(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) or {} -%}
    {%- set meta = tested.config.meta if tested else {} -%}
    {%- if tested.name == figures_model() -%}
        {#- By its name, because a generic test may not refer to a private model. -#}
        {%- set touched = api.Relation.create(database=target.database, schema='figures', identifier='touched') -%}
        {{ return('(indicator_id, period_id) in (select indicator_id, period_id from ' ~ touched ~ ')') }}
    {%- elif tested and 'staging' in tested.fqn and not tested.name.startswith('stg_ops__') -%}
        {#- Rows stay as an attempt at a delivery staged them, and every key names the delivery. -#}
        {%- if model.test_metadata.name == 'never_null' or 'submission_id' in (model.test_metadata.kwargs.columns or []) -%}
            {{ return(is_delivery_untested()) }}
        {%- endif -%}
    {%- elif meta.get('shows') -%}
        {{ return(is_month_untested(meta.shows.model, meta.shows.month)) }}
    {%- elif tested and tested.config.incremental_strategy == 'replace_months' and meta.get('feed') -%}
        {%- set where = is_month_untested(tested.name, 'month_on') -%}
        {%- set key = (meta.get('months_of_key') or {}).get('key') -%}
        {#- A key that comes in several months may come again in one that was tested. Any other is of one row of a delivery, which has
            one month. -#}
        {%- if model.test_metadata.name == 'unique_together' and key in model.test_metadata.kwargs.columns -%}
            {%- set where = key ~ ' in (select ' ~ key ~ ' from ' ~ relation ~ ' where ' ~ where ~ ')' -%}
        {%- endif -%}
        {{ return(where) }}
    {%- endif -%}
{%- endmacro %}

{% macro is_month_untested(events, month) -%}
    {%- set found = run_query(
        "select month_on from ops.built_month where model = '" ~ events ~ "' and revision > " ~ var('last_whole')
    ) -%}
    {{ return(month ~ ' = any(' ~ literal(found.columns[0].values() | map('string'), 'date') ~ ')') }}
{%- endmacro %}

{# Whether no build has counted the row's delivery. Those were tested that a build counted, because counts come after staging. A
   delivery that another of its day replaced has no rows in staging until the other is withdrawn. #}
{% macro is_delivery_untested() -%}
    {%- set submission = api.Relation.create(database=target.database, schema='staging', identifier='stg_ops__submission') -%}
    {%- set found = run_query(
        "select submission_id, attempt from " ~ submission ~ " where is_ever_known "
        ~ "except select submission_id, attempt from ops.counted_submission where is_ever_known"
    ) -%}
    {{ return('submission_id = any(' ~ literal(found.columns[0].values() | map('string'), 'bigint') ~ ')') }}
{%- endmacro %}

{# An array of values that the planner sees: by them it leaves out partitions, and expects few rows. #}
{% macro literal(values, type) -%}
    {{ return("'{" ~ values | join(',') ~ "}'::" ~ type ~ '[]') }}
{%- endmacro %}
