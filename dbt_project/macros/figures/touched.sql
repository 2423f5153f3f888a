{# Which figures a build makes anew, in the words of replace_months.sql: those of indicators and periods of which a month changed. The
   model figure__touched marks and lists them, the steps of a figure make no others, and fct_indicator_value replaces them and
   remembers what all its figures were made from. Between the two nothing is remembered, so that a build that ends half way is
   followed by one that makes them again. #}

{# Pre-hook of figure__touched: the months whose inputs are others than those that the figures were last made from. #}
{% macro mark_figures() %}
    delete from ops.touched_month where model = '{{ figures_model() }}';
    insert into ops.touched_month (model, feed, month_on)
    select '{{ figures_model() }}', coalesce(now.feed, built.feed), coalesce(now.month_on, built.month_on)
    from ({{ inputs_of_figures() }}) as now
    full join (
        select * from ops.built_month
        where model = '{{ figures_model() }}'
    ) as built on now.feed = built.feed and now.month_on = built.month_on
    where now.inputs is distinct from built.inputs;
{% endmacro %}

{# Post-hook of fct_indicator_value. Where indicators are left out, nothing is remembered: what changed for them meanwhile is not made,
   and the next build makes all figures anew. #}
{% macro remember_figures() %}
    {%- set anew -%}
    {%- if is_incremental() and not left_out() -%}
    (feed, month_on) in (select feed, month_on from ops.touched_month where model = '{{ figures_model() }}')
    {%- else -%}
    true
    {%- endif -%}
    {%- endset -%}
    delete from ops.built_month where model = '{{ figures_model() }}' and {{ anew }};
    {%- if not left_out() %}
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select '{{ figures_model() }}', feed, month_on, inputs, pg_current_xact_id()::text::bigint
    from ({{ inputs_of_figures() }}) as now
    where {{ anew }}
    {%- endif %}
{% endmacro %}

{# What figures rest on: the counts of a month, the deliveries of it that were refused, and, in a row for all figures, the day on
   which the home lives and the deliveries of what is divided by. #}
{% macro inputs_of_figures() -%}
    select feed, month_on, md5(string_agg(said, ',' order by said)) as inputs
    from (
        select feed, month_on, revision::text as said from ops.built_month
        where model = 'indicator_count'
        union all
        select refused.feed, month.month_on::date, concat_ws(' ', refused.submission_id, refused.received_at)
        from {{ source('ops', 'counted_submission') }} as refused
        cross join lateral
            generate_series(refused.period_start_on, refused.period_end_on, interval '1 month') as month (month_on)
        where refused.status = 'refused'
        union all
        select '{{ of_all_figures() }}', date '1900-01-01', concat_ws(' ', submission_id, attempt, known_from_on, known_until_on)
        from {{ ref('stg_ops__submission') }}
        where is_ever_known and feed in ('reference_population', 'reference_deprivation', 'reference_lookup')
        union all
        select '{{ of_all_figures() }}', date '1900-01-01', ({{ var('as_of') }})::text
    ) as input
    group by feed, month_on
{%- endmacro %}

{# The model that keeps all figures, by its name in ops.built_month and ops.touched_month. #}
{% macro figures_model() -%}fct_indicator_value{%- endmacro %}

{# In the place of a feed: what every figure rests on. #}
{% macro of_all_figures() -%}every figure{%- endmacro %}

{# The condition on a row of fct_indicator_value that is replaced, or whose period is none any more. #}
{% macro is_figure_made_anew() -%}
    (
        (indicator_id, period_id) in (select indicator_id, period_id from {{ ref('figure__touched') }})
        or period_id not in (select period_id from {{ ref('dim_period') }})
    )
    {%- if left_out() %} and indicator_id not in ({{ left_out_ids() }}){% endif %}
{%- endmacro %}
