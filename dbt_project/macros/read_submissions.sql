{# Which deliveries a build reads for the months that it makes anew of a model, because a feed has a partition for each delivery, and
   to look through all of them takes longer with the years. For feeds whose rows are of the days of their delivery: the gate sets
   aside others. #}

{# Pre-hook, after the months are marked: the deliveries of those months; of events whose key may come in several months, also of all
   months of the keys that are there. #}
{% macro mark_submissions() %}
    {%- set meta = config.get('meta') or {} -%}
    {%- set moving = meta.get('months_of_key') if not keeps_keys() -%}
    delete from ops.read_submission where model = '{{ this.name }}';
    {%- if is_incremental() %}
    insert into ops.read_submission (model, submission_id)
    select distinct '{{ this.name }}', submission.submission_id
    from {{ ref('stg_ops__submission') }} as submission
    inner join (
        {%- if moving %}
        select distinct month_on from {{ ref(moving.model) }}
        where {{ moving.key }} in (select {{ moving.key }} from {{ ref(moving.model) }} where {{ is_touched('month_on') }})
        union
        {%- endif %}
        -- Rows may be without a key.
        select unnest(ops.touched_months('{{ this.name }}')) as month_on
    ) as month
        on submission.period_start_on < month.month_on + interval '1 month' and submission.period_end_on >= month.month_on
    where submission.feed = '{{ meta.feed }}'
    {%- endif %}
{% endmacro %}

{# Whether a row is of one of them; on a full build all are read. #}
{% macro is_read() -%}
    {% if is_incremental() %}submission_id = any(ops.read_submissions('{{ this.name }}')){% else %}true{% endif %}
{%- endmacro %}
