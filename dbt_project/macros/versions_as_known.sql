{# What was known of each `key` on any day: of its rows in extracts that were the latest on that day, the first by `latest_first`.
   The rows of `relation` with version_from_on and version_until_on; a key in one extract passes through as it is. #}
{% macro versions_as_known(relation, key, latest_first) -%}
    with keyed as (

        select *, count(*) over (partition by {{ key }}) as version_count
        from {{ relation }}

    ),

    boundary as (

        select {{ key }}, known_from_on as changed_on from keyed
        where version_count > 1
        union
        select {{ key }}, known_until_on as changed_on from keyed
        where version_count > 1 and not {{ is_known_today() }}

    ),

    span as (

        select
            {{ key }} as span_key,
            changed_on as version_from_on,
            lead(changed_on, 1, {{ end_of_time() }}) over (partition by {{ key }} order by changed_on) as version_until_on
        from boundary

    ),

    chosen as (

        select distinct on (span.span_key, span.version_from_on)
            keyed.*,
            span.version_from_on,
            span.version_until_on
        from span
        inner join keyed
            on
                span.span_key = keyed.{{ key }}
                and keyed.known_from_on <= span.version_from_on
                and keyed.known_until_on > span.version_from_on
        order by span.span_key, span.version_from_on, {{ latest_first }}

    )

    select *, known_from_on as version_from_on, known_until_on as version_until_on from keyed
    where version_count = 1
    union all
    select * from chosen
{%- endmacro %}

{# The spans of days in which nothing of these feeds changed: one row per span, known_from_on up to, and without, known_until_on.
   For what rests on several deliveries at once; of small feeds. #}
{% macro knowledge_days(feeds) -%}
    select
        known_from_on,
        lead(known_from_on, 1, {{ end_of_time() }}) over (order by known_from_on) as known_until_on
    from (
        select known_from_on from {{ ref('stg_ops__submission') }}
        where is_ever_known and feed in ('{{ feeds | join("', '") }}')
        union
        select known_until_on from {{ ref('stg_ops__submission') }}
        where is_ever_known and feed in ('{{ feeds | join("', '") }}') and not {{ is_known_today() }}
    ) as changed
{%- endmacro %}
