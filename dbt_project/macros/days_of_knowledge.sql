{# For what rests on several deliveries at once: rows are taken to the days on which they were known, joined and chosen from there, and
   what stayed the same is put together again. The days are {{ knowledge_days(…) }}, as the CTE `day`. #}

{# The rows of a CTE on each of the days on which they were known, with day_from_on and day_until_on, and with `person` the one whom
   the row's child_pid stood for on that day (the CTE `person`). #}
{% macro on_days_known(rows, person=false) -%}
    select
        {{ rows }}.*,
        {%- if person %}
        person.person_pid,
        {%- endif %}
        day.known_from_on as day_from_on,
        day.known_until_on as day_until_on
    from {{ rows }}
    inner join day on {{ rows }}.known_from_on <= day.known_from_on and {{ rows }}.known_until_on > day.known_from_on
    {%- if person %}
    inner join person
        on
            {{ rows }}.child_pid = person.child_pid
            and day.known_from_on >= person.known_from_on
            and day.known_from_on < person.known_until_on
    {%- endif %}
{%- endmacro %}

{# The distinct `columns` of a CTE with day_from_on and day_until_on: one row per unbroken span of days, known_from_on up to, and
   without, known_until_on. #}
{% macro spans_of_days(rows, columns) -%}
    select
        {{ columns | join(', ') }},
        lower(days) as known_from_on,
        upper(days) as known_until_on
    from (
        select {{ columns | join(', ') }}, unnest(range_agg(daterange(day_from_on, day_until_on))) as days
        from {{ rows }}
        group by {{ columns | join(', ') }}
    ) as span
{%- endmacro %}
