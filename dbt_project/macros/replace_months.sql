{# The incremental strategy `replace_months`, by which history stops costing: a build makes anew only the months of which something
   changed since the model was last built (docs/decisions/0017-replace-months.md). In one transaction it

     marks      in ops.touched_month the months to make anew (the pre-hook, because the model's own statement asks for them),
     replaces   deletes those months and inserts what the model's statement found (the strategy),
     remembers  in ops.built_month what each month was made from (the post-hook, because a full build knows no strategy),

   so that a crash leaves all of it as it was. dbt_project.yml says the three once for all models that are kept by month. A model of
   events names its `feed` in its meta and, where a `key` may come in several months, `months_of_key`: the `model` that keeps by month
   which keys came, for itself too. A model without a feed counts what all feeds gave. #}

{# Whether a row's month is made anew; on a full build every month is. Asked once and not for every row. #}
{% macro is_touched(month) -%}
    {% if is_incremental() %}{{ month }} = any((select ops.touched_months('{{ this.name }}'))::date[]){% else %}true{% endif %}
{%- endmacro %}

{# Pre-hook: the months whose inputs are others than those that the model was last built from. #}
{% macro mark_months() %}
    {%- set meta = config.get('meta') or {} -%}
    {%- set moving = meta.get('months_of_key') -%}
    delete from ops.touched_month where model = '{{ this.name }}';
    insert into ops.touched_month (model, feed, month_on)
    select '{{ this.name }}', coalesce(now.feed, built.feed), coalesce(now.month_on, built.month_on)
    from ({{ inputs_of_months() }}) as now
    full join (
        select * from ops.built_month
        where model = '{{ this.name }}'
    ) as built on now.feed = built.feed and now.month_on = built.month_on
    where now.inputs is distinct from built.inputs;
    {%- set keys = this if keeps_keys() else ref(moving.model) if moving %}
    {% if keys and (is_incremental() or not keeps_keys()) %}
    -- The other months of the keys of a changed month, because what becomes of a key rests on its rows in all of its months. What keeps
    -- the keys does so for those that the month had: a delivery that is withdrawn is in no other place any more.
    insert into ops.touched_month (model, feed, month_on)
    select distinct '{{ this.name }}', '{{ meta.feed }}', month_on
    from {{ keys }}
    where {{ moving.key }} in (
        select {{ moving.key }} from {{ keys }}
        where month_on = any((select ops.touched_months('{{ this.name }}'))::date[])
    )
    on conflict do nothing;
    {% endif %}
{% endmacro %}

{# What dbt runs for the strategy of this name, when the model's statement has filled the temporary table. #}
{% macro get_incremental_replace_months_sql(arg_dict) %}
    {% for replaced in rows_made_anew() %}
    delete from {{ arg_dict.target_relation }} where {{ replaced }};
    {% endfor %}
    {{ get_insert_into_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns) }}
{% endmacro %}

{# Post-hook: what the months were made from, and that they were made last. #}
{% macro remember_months() %}
    {%- set anew -%}
    {%- if is_incremental() -%}
    (feed, month_on) in (select feed, month_on from ops.touched_month where model = '{{ this.name }}')
    {%- else -%}
    true
    {%- endif -%}
    {%- endset -%}
    delete from ops.built_month where model = '{{ this.name }}' and {{ anew }};
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select '{{ this.name }}', feed, month_on, inputs, nextval('ops.built_revision')
    from ({{ inputs_of_months() }}) as now
    where {{ anew }};
{% endmacro %}

{# Whether the model is that which keeps by month which keys came. #}
{% macro keeps_keys() -%}
    {{ return(((config.get('meta') or {}).get('months_of_key') or {}).get('model') == this.name) }}
{%- endmacro %}

{# What a model's months rest on: those of events on the extracts of their feed and, where a key may come in several months, on when
   its keys were kept; those of counts on the extracts of every feed and on the events that were made of them. #}
{% macro inputs_of_months() -%}
    {%- set meta = config.get('meta') or {} -%}
    {%- if meta.get('months_of_key') and not keeps_keys() -%}
    select feed_month.feed, feed_month.month_on, concat(feed_month.fingerprint, ' ', keys.revision) as inputs
    from {{ ref('stg_ops__feed_month') }} as feed_month
    left join ops.built_month as keys
        on
            keys.model = '{{ meta.months_of_key.model }}'
            and feed_month.feed = keys.feed
            and feed_month.month_on = keys.month_on
    where feed_month.feed = '{{ meta.feed }}'
    {%- elif meta.get('feed') -%}
    select feed, month_on, fingerprint as inputs from {{ ref('stg_ops__feed_month') }}
    where feed = '{{ meta.feed }}'
    {%- else -%}
    select
        feed_month.feed,
        feed_month.month_on,
        md5(concat(feed_month.fingerprint, string_agg(events.model || events.revision, ',' order by events.model))) as inputs
    from {{ ref('stg_ops__feed_month') }} as feed_month
    left join ops.built_month as events
        on
            feed_month.feed = events.feed
            and feed_month.month_on = events.month_on
            and events.model not in ('{{ this.name }}', '{{ figures_model() }}')
    group by feed_month.feed, feed_month.month_on, feed_month.fingerprint
    {%- endif -%}
{%- endmacro %}

{# Conditions on the rows that the model had, and has no more. #}
{% macro rows_made_anew() %}
    {%- set conditions = [] -%}
    {%- if this.name == figures_model() -%}
        {%- do conditions.append(is_figure_made_anew()) -%}
    {%- elif config.get('meta').get('feed') -%}
        {%- do conditions.append(is_touched('month_on')) -%}
    {%- else -%}
        {%- for indicator in counted_indicators() -%}
            {%- do conditions.append(
                "indicator_id = '" ~ indicator.indicator_id ~ "' and " ~ is_counted_anew(indicator, 'month_on')
            ) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(conditions) }}
{% endmacro %}

{# Whether an indicator's month is counted anew: when one of its feeds changed there, or so many months before as events are counted
   later (`counted_months_later`), or, where a delivery can change the counts of any month (`reach: every_month`), when one of them
   changed at all. #}
{% macro is_counted_anew(indicator, month) -%}
    {%- set touched = "(select ops.touched_months('" ~ this.name ~ "', array['" ~ indicator.feeds | join("', '") ~ "']))" -%}
    {%- if indicator.reach == 'every_month' -%}
    cardinality({{ touched }}) > 0
    {%- elif indicator.counted_months_later -%}
    {{ month }} = any(array(
        select (touched_on + make_interval(months => {{ indicator.counted_months_later }}))::date
        from unnest({{ touched }}::date[]) as touched_on
    ))
    {%- else -%}
    {{ month }} = any({{ touched }}::date[])
    {%- endif -%}
{%- endmacro %}
