{# The body of an indicator: events counted by area, month, the breakdowns of its metadata, and the days between which they
   were known. `numerator` and `denominator` are conditions on rows of `events` (its month is `month`), or sums of a column
   (`total`, `of`), and then `withheld` says which of the rows have a number in them that nobody told us: what they are part of
   is not known, and `false` where every number is counted by us. `squares` is a sum of squares, for means. Every breakdown is counted by itself beside the total: what
   overlaps is never added up, and no cell is finer than what is asked for. #}
{% macro count_events(events, where=none, numerator='true', denominator=none, month='month_on', area='area_code',
                      total=none, of=none, squares=none, withheld=none) -%}
{% set indicator = own_indicator() %}
{% if (total or of) and withheld is none %}
{{ exceptions.raise_compiler_error(indicator.indicator_id ~ " adds numbers up: say `withheld`, the condition under which one is not "
   ~ "known, such as withheld='is_attendees_withheld', or withheld='false'") }}
{% endif %}
{% set dimensions = ['age_band', 'sex', 'ethnicity', 'imd_quintile'] %}
{% set wanted = indicator.breakdowns + (['age_band'] if indicator.value_type == 'dsr' else []) %}
{% set own = dimensions | select('in', wanted) | list %}
with event as (

    select * from {{ events }}
    {% if where %}where {{ where }}{% endif %}

),

final as (

    select
        '{{ indicator.indicator_id }}' as indicator_id,
        {{ area }} as area_code,
        {{ month }} as period_start,
        {% for dimension in dimensions %}
        {%- if dimension in own %}cell.of_{{ dimension }}{% else %}'all'{% endif %} as {{ dimension }},
        {% endfor %}
        {%- if total %}
        case
            when not coalesce(bool_or({{ withheld }}), false) then coalesce(sum({{ total }}) filter (where {{ numerator }}), 0)::numeric
        end
        {%- else %}
        count(*) filter (where {{ numerator }})::numeric
        {%- endif %} as numerator,
        {% if of %}coalesce(sum({{ of }}), 0)::numeric
        {%- elif denominator %}count(*) filter (where {{ denominator }})::numeric
        {%- else %}null::numeric{% endif %} as denominator,
        {% if squares %}coalesce(sum({{ squares }}), 0)::numeric{% else %}null::numeric{% endif %} as square_sum,
        known_from_on,
        known_until_on
    from event
    {%- if own %}
    -- Each event in its cells. By grouping sets PostgreSQL would count all months before it takes the one that is asked for.
    cross join lateral (
        values
        ({% for each in own %}'all'{{ ', ' if not loop.last }}{% endfor %})
        {%- for dimension in own %},
        ({% for each in own %}{{ each if each == dimension else "'all'" }}{{ ', ' if not loop.last }}{% endfor %})
        {%- endfor %}
    ) as cell (of_{{ own | join(', of_') }})
    {%- endif %}
    group by
        {{ area }},
        {{ month }},
        {% for dimension in own %}cell.of_{{ dimension }},
        {% endfor -%}
        known_from_on,
        known_until_on

)

select * from final
{%- endmacro %}
