{# An event of social care, whose feeds know no neighbourhood: the rows of `events` (of a census or return, with child_pid and
   supplier) for which `where` holds, each with its authority and the groups of its child among `children`. A row whose child was
   set aside still counts, and a child whose age nobody knows is taken for one.
   `age`: an expression; `day`: the event is of its month; `columns`: what the event has of its own, by name.
   `first_by`: a child counts once a return, with the first of its rows. #}
{% macro children_in_care(events, children, age, day='event.period_end_on', columns={}, where='true', first_by=none) -%}
select
    {%- if first_by %} distinct on (event.submission_id, event.child_pid){% endif %}
    event.submission_id,
    event.row_number,
    event.child_pid,
    supplier.area_code,
    date_trunc('month', {{ day }})::date as month_on,
    {%- for name, expression in columns.items() %}
    {{ expression }} as {{ name }},
    {%- endfor %}
    aged.age,
    {{ age_band('aged.age') }} as age_band,
    {{ sex_group('child.sex_code') }} as sex,
    {{ ethnic_group('child.ethnicity_code') }} as ethnicity,
    'unknown' as imd_quintile,
    coalesce(aged.age < 18, true) as is_under_18,
    event.known_from_on,
    event.known_until_on,
    event.is_synthetic
from {{ events }} as event
left join {{ children }} as child on event.submission_id = child.submission_id and event.child_pid = child.child_pid
left join {{ ref('supplier') }} as supplier on event.supplier = supplier.supplier
cross join lateral (select {{ age }} as age) as aged
where {{ where }}
{%- if first_by %}
order by event.submission_id, event.child_pid, {{ first_by }}, event.row_number
{%- endif %}
{%- endmacro %}

{# Whether what began and ended on these days is open on the last day of the return's year; what ends on that day is over. #}
{% macro is_open_at_period_end(began_on, ended_on) -%}
    {{ began_on }} <= event.period_end_on and ({{ ended_on }} is null or {{ ended_on }} > event.period_end_on)
{%- endmacro %}
