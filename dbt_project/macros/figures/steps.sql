{# The steps of a figure. Each is one macro here, whose text makes two things: the relation figures.<step> of what is known now
   (models/marts/figures), and the function figures.<step>_as_at of what was known on a day (functions/figures), which
   publish.indicator_as_at calls. `known` says which of the two asks: none for the relation, and for the function the expressions
   of its day and of the indicators that it is asked for. #}

{# What a function of a step is asked for: `day` and `ids` are its arguments. #}
{% macro known_on() -%}
    {{ return({'day': '$1', 'ids': '$2'}) }}
{%- endmacro %}

{# The day of which a step tells: the function's, or the last of days. #}
{% macro day_of(known) -%}
    {{ known.day if known else "date '9999-12-30'" }}
{%- endmacro %}

{# The day by which what a step divides by has to be published; none is later than the one on which the home lives.
   A subquery, so that it is asked once and not for every row. #}
{% macro day_of_home(known) -%}
    (select least({{ day_of(known) }}, {{ var('as_of') }}))
{%- endmacro %}

{# The indicators that a step is asked for; `where` narrows them. #}
{% macro indicators_of(known, where=none) -%}
    (
        select * from {{ ref('dim_indicator') }}
        {%- if known or where %}
        where {{ 'true' if not where else where }}
        {%- if known %} and ({{ known.ids }} is null or indicator_id = any({{ known.ids }})){% endif %}
        {%- endif %}
    )
{%- endmacro %}

{# The periods that had ended by the day. #}
{% macro periods_of(known) -%}
    (
        select * from {{ ref('dim_period') }}
        where end_on < {{ day_of(known) }}
    )
{%- endmacro %}

{# Whether a build makes a figure of this indicator and period anew (figure__touched). A function tells of all that it is asked for,
   and a unit test of all that it gives. #}
{% macro and_is_touched(known, indicator='indicator', period='period') -%}
    {%- if is_of_touched(known) -%}
    and ({{ indicator }}.indicator_id, {{ period }}.period_id) in (select indicator_id, period_id from {{ ref('figure__touched') }})
    {%- endif -%}
{%- endmacro %}

{% macro is_of_touched(known) -%}
    {{ return(not known and model.resource_type != 'unit_test') }}
{%- endmacro %}

{# The figures that this build does not make anew, as they were made last: for what is compared with them. None is kept where all
   of them are made. #}
{% macro kept_figures(known) -%}
    {%- if execute and is_of_touched(known) and not flags.FULL_REFRESH -%}
    {%- set kept = load_relation(api.Relation.create(database=target.database, schema='marts', identifier='fct_indicator_value')) -%}
    {%- endif -%}
    {{ return(kept) }}
{%- endmacro %}

{# Another step, for the same day; `where` narrows its indicators, because a function is evaluated by everyone who calls it. #}
{% macro step(name, known, where=none) -%}
    {%- if not known -%}
    {{ ref('figure__' ~ name) }}
    {%- else -%}
    {%- set ids = known.ids -%}
    {%- if where -%}
    {%- set ids = "array(select indicator_id from " ~ indicators_of(known, where) ~ " as asked)" -%}
    {%- endif -%}
    {{ function('figure__' ~ name ~ '_as_at') }}({{ known.day }}, {{ ids }})
    {%- endif -%}
{%- endmacro %}

{# What finds a figure's cell in another step. #}
{% macro is_same_figure(one, other) -%}
    {{ one }}.indicator_id = {{ other }}.indicator_id
    and {{ one }}.area_code = {{ other }}.area_code
    and {{ one }}.period_id = {{ other }}.period_id
{%- endmacro %}
