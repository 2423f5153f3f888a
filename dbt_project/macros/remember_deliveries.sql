{# Post-hook of the table of counts, in its transaction: with the counts, and not before, the deliveries that they rest on are known
   to have come. What was left out is forgotten, so that it is counted when it can be, though nothing new came of its feeds. #}
{% macro remember_deliveries() %}
    {%- if left_out() %}
    delete from ops.built_month where model = '{{ this.name }}' and feed in ({{ left_out_feeds() }});
    {%- endif %}
    delete from ops.counted_submission;
    insert into ops.counted_submission (
        submission_id, attempt, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on,
        known_until_on, is_ever_known, is_synthetic, has_rows
    )
    select
        submission_id, attempt, feed, supplier, period_start_on, period_end_on, received_at, status, known_from_on,
        known_until_on, is_ever_known, is_synthetic, has_rows
    from {{ ref('stg_ops__submission') }};
{% endmacro %}
