-- What the files of indicators say of each other (`adds_up`), wherever the network counted all of it from the same feeds. What two
-- sources say of each other is not ours to hold. The grammar is that of plugins/vrn/publish/disclosure/related.py.
with indicator as (

    select indicator_id, feeds, adds_up from {{ ref('dim_indicator') }} as indicator
    where counted_by = 'network' and {{ is_not_left_out('indicator') }}

),

sentence as (

    select
        indicator_id as said_by,
        feeds,
        said,
        regexp_match(said, '^([^=<>,]+?)\s*(<=|=)\s*([^=<>,]+)') as part
    from indicator
    cross join lateral unnest(adds_up) as said

),

worded as (

    select
        sentence.said_by,
        sentence.said,
        sentence.feeds,
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
        feeds,
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
    having bool_and(term.measure <> 'reference' and coalesce(indicator.feeds = term.feeds, false))

),

figure as (

    select
        value.indicator_id, value.area_code, period.period_type, period.start_on, value.sex, value.age_band, value.ethnicity,
        value.imd_quintile, value.count, value.denominator
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_period') }} as period on value.period_id = period.period_id
    where value.indicator_id in (select indicator_id from term)

),

side as (

    select
        judged.said_by, judged.said, own.area_code, own.period_type, own.start_on, own.sex, own.age_band, own.ethnicity,
        own.imd_quintile, term.relation,
        sum(case term.measure when 'count' then figure.count else figure.denominator end) filter (
            where term.side = 'left'
        ) as parts,
        sum(case term.measure when 'count' then figure.count else figure.denominator end) filter (
            where term.side = 'right'
        ) as wholes,
        count(*) as terms
    from judged
    inner join term on judged.said_by = term.said_by and judged.said = term.said
    inner join figure as own
        on judged.said_by = own.indicator_id and (not judged.is_of_totals or {{ is_total('own') }})
    inner join figure
        on
            figure.indicator_id = term.indicator_id
            and figure.area_code = own.area_code
            and figure.period_type = own.period_type
            and figure.start_on = (own.start_on - make_interval(months => term.months_earlier))::date
            {%- for breakdown in ['sex', 'age_band', 'ethnicity', 'imd_quintile'] %}
            and figure.{{ breakdown }} = case when term.breakdown = '{{ breakdown }}' then term.said_group else own.{{ breakdown }} end
            {%- endfor %}
    where case term.measure when 'count' then figure.count else figure.denominator end is not null
    group by
        judged.said_by, judged.said, own.area_code, own.period_type, own.start_on, own.sex, own.age_band, own.ethnicity,
        own.imd_quintile, term.relation

)

select side.*
from side
inner join (select said_by, said, count(*) as terms from term group by said_by, said) as needed using (said_by, said, terms)
where (side.relation = '=' and side.parts <> side.wholes) or side.parts > side.wholes
