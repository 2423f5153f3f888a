{# Post-hook of the table of counts, in its transaction: with the counts, and not before, the deliveries that they rest on are known
   to have come. What the months of what was left out were made from is forgotten, so that they are counted when they can be, though
   nothing new came. The months are not, because nothing else knows one of which all is withdrawn by then. #}
{% macro remember_deliveries() %}
    {%- if left_out() %}
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select '{{ this.name }}', feed, month_on, '', nextval('ops.built_revision')
    from (
        select feed, month_on from ops.built_month where model = '{{ this.name }}'
        union
        select feed, month_on from ops.touched_month where model = '{{ this.name }}'
    ) as month
    where feed in ({{ left_out_feeds() }})
    on conflict (model, feed, month_on) do update set inputs = excluded.inputs;
    {%- endif %}
    delete from ops.counted_submission;
    insert into ops.counted_submission (
        submission_id, attempt, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on,
        known_until_on, is_ever_known, is_synthetic, has_rows, set_aside
    )
    select
        submission_id, attempt, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on,
        known_until_on, is_ever_known, is_synthetic, has_rows, set_aside
    from {{ ref('stg_ops__submission') }};
{% endmacro %}
