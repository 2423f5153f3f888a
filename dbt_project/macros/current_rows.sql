{# The rows of an entity in the submissions that serve today, with what the ledger knows of each: a select, to be read from. #}
{% macro current_rows(feed, entity) -%}
    select
        entity.*,
        submission.supplier,
        submission.period_start as period_start_on,
        submission.period_end as period_end_on,
        submission.extract_as_at,
        submission.is_synthetic
    from {{ source('raw', feed ~ '__' ~ entity) }} as entity
    inner join {{ source('ops', 'submission') }} as submission
        on entity.submission_id = submission.submission_id and submission.status = 'accepted'
{%- endmacro %}
