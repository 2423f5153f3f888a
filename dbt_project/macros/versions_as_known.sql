{# What was known of each `key` on any day: of its rows in extracts that were the latest on that day, the first by `latest_first`.
   The rows of `relation` with version_from_on and version_until_on; a key in one extract passes through as it is.
   `filled`: columns that a later row may leave blank, by their new names: of the rows known on that day, the value of the first by
   `filled_by` that has the column `of` (the column itself by default). #}
{% macro versions_as_known(relation, key, latest_first, filled={}, filled_by=none) -%}
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
            {%- for name, said in filled.items() %},
            (
                array_agg(keyed.{{ said.column }}) filter (where keyed.{{ said.of or said.column }} is not null)
                over filled_first
            )[1] as {{ name }}
            {%- endfor %}
        from span
        inner join keyed
            on
                span.span_key = keyed.{{ key }}
                and keyed.known_from_on <= span.version_from_on
                and keyed.known_until_on > span.version_from_on
        {%- if filled %}
        window filled_first as (
            partition by span.span_key, span.version_from_on
            order by {{ filled_by }}
            rows between unbounded preceding and unbounded following
        )
        {%- endif %}
        order by span.span_key, span.version_from_on, {{ latest_first }}

    )

    select
        *,
        known_from_on as version_from_on,
        known_until_on as version_until_on
        {%- for name, said in filled.items() %},
        {{ said.column }} as {{ name }}
        {%- endfor %}
    from keyed
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
