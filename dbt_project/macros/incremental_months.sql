{# The boundary at which history stops costing. Event tables and the table of counts are kept by month, and a build makes anew
   only the months whose extracts changed since the model was last built: ops.built_month remembers what each was built from,
   ops.touched_month what this build makes anew. Marking, deleting, inserting and remembering are one transaction, so a crash
   leaves all of it as it was. #}

{# Whether a row's month is made anew; on a full build every month is. #}
{% macro is_touched(month) -%}
    {% if is_incremental() %}{{ month }} = any(ops.touched_months('{{ this.name }}')){% else %}true{% endif %}
{%- endmacro %}

{# Pre-hook of a model of events: find its months and delete them. Where a key may come in several months (`key` in `rows`,
   whose month is `month`), the other months of the keys that a changed month has, or had, are made anew as well. #}
{% macro begin_events(rows=none, key=none, month=none) %}
    {% for setting in hash_joins_only() %}{{ setting }};{% endfor %}
    delete from ops.touched_month where model = '{{ this.name }}';
    insert into ops.touched_month (model, feed, month_on)
    select '{{ this.name }}', coalesce(now.feed, built.feed), coalesce(now.month_on, built.month_on)
    from (
        select * from {{ ref('stg_ops__feed_month') }}
        where feed = '{{ config.get("meta")["feed"] }}'
    ) as now
    full join (
        select * from ops.built_month
        where model = '{{ this.name }}'
    ) as built on now.month_on = built.month_on
    where now.fingerprint is distinct from built.inputs;
    {% if rows %}
    insert into ops.touched_month (model, feed, month_on)
    select distinct '{{ this.name }}', '{{ config.get("meta")["feed"] }}', {{ month }}
    from {{ rows }}
    where {{ key }} in (
        select {{ key }} from {{ rows }} where {{ month }} = any(ops.touched_months('{{ this.name }}'))
        {% if is_incremental() %}union select {{ key }} from {{ this }} where {{ is_touched('month_on') }}{% endif %}
    )
    on conflict do nothing;
    {% endif %}
    {% if is_incremental() %}
    delete from {{ this }} where {{ is_touched('month_on') }};
    {% endif %}
{% endmacro %}

{# Post-hook of a model of events. #}
{% macro end_events() %}
    delete from ops.built_month
    where
        model = '{{ this.name }}'
        {%- if is_incremental() %} and {{ is_touched('month_on') }}{% endif %};
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select
        '{{ this.name }}', feed, month_on, fingerprint, pg_current_xact_id()::text::bigint
    from {{ ref('stg_ops__feed_month') }}
    where feed = '{{ config.get("meta")["feed"] }}' and {{ is_touched('month_on') }};
{% endmacro %}

{# What the counts of a feed's month rest on: its extracts, and the events that were made of them. #}
{% macro inputs_of_counts() -%}
    select
        feed_month.feed,
        feed_month.month_on,
        md5(concat(feed_month.fingerprint, string_agg(events.model || events.revision, ',' order by events.model))) as inputs
    from {{ ref('stg_ops__feed_month') }} as feed_month
    left join ops.built_month as events
        on
            feed_month.feed = events.feed
            and feed_month.month_on = events.month_on
            and events.model <> '{{ this.name }}'
    group by feed_month.feed, feed_month.month_on, feed_month.fingerprint
{%- endmacro %}

{# Pre-hook of the table of counts. #}
{% macro begin_counts() %}
    delete from ops.touched_month where model = '{{ this.name }}';
    insert into ops.touched_month (model, feed, month_on)
    select '{{ this.name }}', coalesce(now.feed, built.feed), coalesce(now.month_on, built.month_on)
    from ({{ inputs_of_counts() }}) as now
    full join (
        select * from ops.built_month
        where model = '{{ this.name }}'
    ) as built on now.feed = built.feed and now.month_on = built.month_on
    where now.inputs is distinct from built.inputs;
    {% if is_incremental() %}
    {% for indicator in counted_indicators() %}
    delete from {{ this }}
    where
        indicator_id = '{{ indicator.indicator_id }}'
        and {{ is_counted_anew(indicator, 'month_on') }};
    {% endfor %}
    {% endif %}
{% endmacro %}

{# Post-hook of the table of counts. #}
{% macro end_counts() %}
    delete from ops.built_month where model = '{{ this.name }}';
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select '{{ this.name }}', feed, month_on, inputs, pg_current_xact_id()::text::bigint
    from ({{ inputs_of_counts() }}) as now
    {%- if left_out() %}
    -- What was left out is counted when it can be, though nothing new came of its feeds.
    where feed not in ({{ left_out_feeds() }})
    {%- endif %};
    -- With the counts, and not before, the deliveries that they rest on are known to have come.
    delete from ops.counted_submission;
    insert into ops.counted_submission (
        submission_id, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on, known_until_on,
        is_ever_known, is_synthetic, has_rows
    )
    select
        submission_id, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on, known_until_on,
        is_ever_known, is_synthetic, has_rows
    from {{ ref('stg_ops__submission') }};
{% endmacro %}

{# Whether an indicator's month is counted anew: when one of its feeds changed there, or, where a delivery can change the counts
   of any month (`reach: every_month`), when one of them changed at all. #}
{% macro is_counted_anew(indicator, month) -%}
    {%- set touched = "ops.touched_months('" ~ this.name ~ "', array['" ~ indicator.feeds | join("', '") ~ "'])" -%}
    {%- if indicator.reach == 'every_month' -%}
    cardinality({{ touched }}) > 0
    {%- else -%}
    {{ month }} = any({{ touched }})
    {%- endif -%}
{%- endmacro %}
