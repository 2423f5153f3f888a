-- What the files of indicators say of each other (`adds_up`), wherever the network counts both from the same events. What two
-- parts of a delivery say of each other (a plan of a child who is no child in need) is the supplier's and stops no build. The grammar
-- is that of plugins/vrn/publish/disclosure/related.py.
{% set breakdowns = ['sex', 'age_band', 'ethnicity', 'imd_quintile'] -%}
{{ config(group='figures') }}
-- depends_on: {{ ref('figure__touched') }}
with indicator as (

    select null::text as indicator_id, null::text as rests_on, null::text[] as adds_up
    where false
    {%- for indicator in counted_indicators() if indicator.counted_by == 'network' %}
    union all
    select
        '{{ indicator.indicator_id }}', '{{ graph.nodes["model.vrn." ~ indicator.model].depends_on.nodes | sort | join(" ") }}',
        array[{% for said in indicator.adds_up or [] %}'{{ said }}'{{ ',' if not loop.last }}{% endfor %}]::text[]
    {%- endfor %}

),

sentence as (

    select
        indicator_id as said_by,
        rests_on,
        said,
        regexp_match(said, '^([^=<>,]+)(<=|=)([^=<>,]+)') as part
    from indicator
    cross join lateral unnest(adds_up) as said

),

worded as (

    select
        sentence.said_by,
        sentence.said,
        sentence.rests_on,
        sentence.part[2] as relation,
        side.name as side,
        regexp_match(
            trim(word), '^(?:([A-Z][\w-]*)\s*)?(count|denominator|reference)?\s*(?:\((\w+) ([^()]*)\))?$'
        ) as word
    from sentence
    cross join lateral (values ('left', part[1]), ('right', part[3])) as side (name, words)
    cross join lateral regexp_split_to_table(side.words, '\+') as word

),

term as (

    select
        said_by,
        said,
        relation,
        side,
        rests_on,
        coalesce(word[1], said_by) as indicator_id,
        coalesce(word[2], 'count') as measure,
        case when word[4] not like 'month% earlier' then word[3] end as breakdown,
        word[4] as said_group,
        case when word[4] like 'month% earlier' then word[3]::integer else 0 end as months_earlier
    from worded

),

judged as (

    select said_by, said, bool_or(breakdown is not null) as is_of_totals
    from term
    left join indicator using (indicator_id)
    group by said_by, said
    having bool_and(term.measure <> 'reference' and coalesce(indicator.rests_on = term.rests_on, false))

),

{% if is_layer_known() -%}
-- The places of sentences of which this build made a figure.
tested as (

    select distinct
        term.said_by,
        term.said,
        period.period_type,
        (period.start_on + make_interval(months => term.months_earlier))::date as start_on
    from term
    inner join {{ ref('figure__touched') }} as touched on term.indicator_id = touched.indicator_id
    inner join {{ ref('dim_period') }} as period on touched.period_id = period.period_id

),

{% endif -%}
-- The figures of each term, and the period that the sentence is then judged for. Materialized, because all figures were sorted else.
wanted as materialized (

    select
        judged.said_by,
        judged.said,
        judged.is_of_totals,
        term.relation,
        term.side,
        term.measure,
        term.breakdown,
        term.said_group,
        term.indicator_id,
        period.period_id,
        period.period_type,
        (period.start_on + make_interval(months => term.months_earlier))::date as start_on
    from judged
    inner join term on judged.said_by = term.said_by and judged.said = term.said
    {%- if is_layer_known() %}
    inner join tested on judged.said_by = tested.said_by and judged.said = tested.said
    inner join {{ ref('dim_period') }} as period
        on
            tested.period_type = period.period_type
            and (tested.start_on - make_interval(months => term.months_earlier))::date = period.start_on
    {%- else %}
    cross join {{ ref('dim_period') }} as period
    {%- endif %}

),

-- Of the place and cell that the sentence is judged for.
figure as (

    select
        wanted.said_by,
        wanted.said,
        wanted.relation,
        wanted.side,
        value.area_code,
        wanted.period_type,
        wanted.start_on,
        {%- for breakdown in breakdowns %}
        case when wanted.is_of_totals then 'all' else value.{{ breakdown }} end as {{ breakdown }},
        {%- endfor %}
        case wanted.measure when 'count' then value.count else value.denominator end as figure
    from wanted
    inner join {{ ref('fct_indicator_value') }} as value
        on wanted.indicator_id = value.indicator_id and wanted.period_id = value.period_id
    where
        not wanted.is_of_totals
        {%- for breakdown in breakdowns %}
        {{ 'or (' if loop.first else 'and' }} value.{{ breakdown }}
        = case wanted.breakdown when '{{ breakdown }}' then wanted.said_group else 'all' end
        {%- endfor %})

),

compared as (

    select
        said_by, said, relation, area_code, period_type, start_on, {{ breakdowns | join(', ') }},
        count(figure) as terms,
        sum(figure) filter (where side = 'left') as parts,
        sum(figure) filter (where side = 'right') as wholes
    from figure
    group by said_by, said, relation, area_code, period_type, start_on, {{ breakdowns | join(', ') }}

)

select compared.*
from compared
inner join (select said_by, said, count(*) as terms from term group by said_by, said) as needed using (said_by, said, terms)
where (relation = '=' and parts <> wholes) or parts > wholes
