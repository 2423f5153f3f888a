{# The rows of an entity with what the ledger knows of each, and the days between which they were what was known: those that
   serve today have not stopped ({{ is_known_today() }}); older extracts of a period are history. #}
{% macro rows_as_known(feed, entity) -%}
    select
        entity.*,
        submission.supplier,
        submission.period_start_on,
        submission.period_end_on,
        submission.extract_as_at,
        submission.known_from_on,
        submission.known_until_on,
        submission.is_synthetic
    from {{ source('raw', feed ~ '__' ~ entity) }} as entity
    inner join {{ ref('stg_ops__submission') }} as submission
        on entity.submission_id = submission.submission_id and submission.is_ever_known
{%- endmacro %}

{# The day on which what is still known stops being known. A date and not infinity, which clients cannot read. #}
{% macro end_of_time() -%}
    date '9999-12-31'
{%- endmacro %}

{# The day from which on what never began to be known, because the house ships with it and has nothing older, is known. #}
{% macro start_of_time() -%}
    date '1900-01-01'
{%- endmacro %}

{% macro is_known_today(relation=none) -%}
    {{ relation ~ '.' if relation else '' }}known_until_on = {{ end_of_time() }}
{%- endmacro %}
