with indicator as (

    select * from {{ ref('dim_indicator') }}

),

period as (

    select * from {{ ref('dim_period') }}

),

area as (

    select * from {{ ref('dim_area') }}

),

area_member as (

    select * from {{ ref('area_member') }}

),

population as (

    select area_code, mid_year, persons
    from {{ ref('dim_population') }}
    where population_vintage = '{{ var("population_vintage") }}' and sex = 'all' and age_band = 'all'

),

ethnic_population as (

    select
        area_member.area_code,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group = 'ethnic_minority') as minority,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group = 'white') as white
    from {{ ref('ethnic_population') }} as ethnic_population
    inner join area_member on ethnic_population.area_code = area_member.leaf_code
    where ethnic_population.census_year = {{ var('census_year') }}
    group by area_member.area_code

),

feed_month as (

    select * from {{ ref('stg_ops__feed_month') }}

),

-- What each indicator counted, at its finest grain.
leaf_month as (
    {% for node in indicator_nodes() %}
    select indicator_id, area_code, period_start, age_band, sex, ethnicity, numerator, denominator
    from {{ node.schema }}.{{ node.alias }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        null::text as indicator_id, null::text as area_code, null::date as period_start, null::text as age_band,
        null::text as sex, null::text as ethnicity, 0 as numerator, 0 as denominator
    where false
    {% endfor %}
),

area_month as (

    select
        leaf_month.indicator_id,
        area_member.area_code,
        leaf_month.period_start as month_on,
        -- A ratio compares two groups; every other indicator without a breakdown is the sum over its groups.
        sum(leaf_month.numerator)
            filter (where indicator.value_type <> 'ratio' or leaf_month.ethnicity = 'ethnic_minority') as numerator,
        sum(leaf_month.numerator) filter (where leaf_month.ethnicity = 'white') as reference_numerator,
        sum(leaf_month.numerator) as events,
        sum(leaf_month.denominator) as denominator
    from leaf_month
    inner join indicator on leaf_month.indicator_id = indicator.indicator_id
    inner join area_member on leaf_month.area_code = area_member.leaf_code
    group by leaf_month.indicator_id, area_member.area_code, leaf_month.period_start

),

counted as (

    select
        area_month.indicator_id,
        area_month.area_code,
        period.period_id,
        sum(area_month.numerator) as numerator,
        sum(area_month.reference_numerator) as reference_numerator,
        sum(area_month.events) as events,
        sum(area_month.denominator) as denominator
    from area_month
    inner join period on area_month.month_on between period.start_on and period.end_on
    group by area_month.indicator_id, area_month.area_code, period.period_id

),

-- How much of a feed came for each period: what was not received is never taken for nothing happened.
completeness as (

    select
        feed.feed,
        period.period_id,
        count(*) filter (where feed_month.state = 'received') as months_received,
        count(*) filter (where feed_month.state = 'refused') as months_refused,
        coalesce(bool_or(feed_month.is_synthetic), false) as is_synthetic
    from period
    cross join (select distinct feeds[1] as feed from indicator) as feed
    left join feed_month on feed.feed = feed_month.feed and feed_month.month_on between period.start_on and period.end_on
    group by feed.feed, period.period_id

),

unlocated as (

    select
        force.indicator_id,
        force.period_id,
        coalesce(unknown.events, 0)::numeric / nullif(force.events, 0) as share
    from counted as force
    left join counted as unknown
        on
            force.indicator_id = unknown.indicator_id
            and force.period_id = unknown.period_id
            and unknown.area_code = 'UNK'
    where force.area_code = 'E23000003'

),

-- Everything that is expected: each indicator, area and period. The rows of the result are exactly these.
expected as (

    select
        indicator.indicator_id,
        indicator.value_type,
        indicator.multiplier,
        indicator.polarity,
        indicator.comparator_default,
        area.area_code,
        area.area_type,
        period.period_id,
        period.population_year,
        completeness.is_synthetic,
        case
            when period.start_on < '{{ var("series_start") }}'::date then 'before_series'
            when completeness.months_received = period.month_count then 'ok'
            when completeness.months_received > 0 then 'incomplete'
            when completeness.months_refused > 0 then 'refused'
            else 'awaiting_feed'
        end as feed_status,
        area.area_type in ('district', 'police_division', 'county_14', 'upper_tier')
        and coalesce(unlocated.share, 0) > indicator.max_unlocated_share as is_poorly_located
    from indicator
    cross join period
    inner join area on area.area_type = any(indicator.geo_levels)
    inner join completeness on indicator.feeds[1] = completeness.feed and period.period_id = completeness.period_id
    left join unlocated on indicator.indicator_id = unlocated.indicator_id and period.period_id = unlocated.period_id
    where period.period_type = any(indicator.period_types)

),

with_counts as (

    select
        expected.*,
        case when expected.feed_status = 'ok' then coalesce(counted.numerator, 0) end as numerator,
        case when expected.feed_status = 'ok' then coalesce(counted.reference_numerator, 0) end as reference_numerator,
        ethnic_population.minority,
        ethnic_population.white,
        case
            when expected.feed_status <> 'ok' and expected.value_type <> 'crude_rate' then null
            when expected.value_type = 'crude_rate' then population.persons
            when expected.value_type = 'proportion' then coalesce(counted.denominator, 0)
            when expected.value_type = 'ratio'
                then coalesce(counted.reference_numerator, 0)::numeric / ethnic_population.white * ethnic_population.minority
        end as denominator
    from expected
    left join counted
        on
            expected.indicator_id = counted.indicator_id
            and expected.area_code = counted.area_code
            and expected.period_id = counted.period_id
    left join population
        on expected.area_code = population.area_code and expected.population_year = population.mid_year
    left join ethnic_population on expected.area_code = ethnic_population.area_code

),

with_status as (

    select
        *,
        case
            when feed_status <> 'ok' then feed_status
            when is_poorly_located then 'incomplete'
            when denominator is null or denominator <= 0 then 'no_denominator'
            else 'ok'
        end as status
    from with_counts

),

with_limits as (

    select
        with_status.*,
        case when status = 'ok' then numerator::double precision / denominator * multiplier end as value,
        case
            when status <> 'ok' then null
            when value_type = 'proportion' then 'wilson'
            when value_type = 'ratio' then 'log_ratio'
            else stats.poisson_ci_method(numerator)
        end as method,
        ci_95.lower * scale.factor as lower_ci_95,
        ci_95.upper * scale.factor as upper_ci_95,
        ci_998.lower * scale.factor as lower_ci_998,
        ci_998.upper * scale.factor as upper_ci_998
    from with_status
    cross join lateral (
        select case when value_type = 'crude_rate' then multiplier / nullif(denominator, 0) else multiplier end as factor
    ) as scale
    left join lateral {{ limits('0.95') }} as ci_95 on true
    left join lateral {{ limits('0.998') }} as ci_998 on true

),

compared as (

    select
        with_limits.*,
        case
            when with_limits.area_code = benchmark.area_code or with_limits.area_type in ('police_force', 'unplaced')
                or with_limits.lower_ci_95 is null or benchmark.value is null then 'not_compared'
            when with_limits.upper_ci_95 < benchmark.value then 'lower'
            when with_limits.lower_ci_95 > benchmark.value then 'higher'
            else 'similar'
        end as side
    from with_limits
    left join with_limits as benchmark
        on
            with_limits.indicator_id = benchmark.indicator_id
            and with_limits.period_id = benchmark.period_id
            and with_limits.comparator_default = benchmark.area_code

),

final as (

    select
        indicator_id,
        area_code,
        period_id,
        'all' as sex,
        'all' as age_band,
        'all' as ethnicity,
        'all' as imd_quintile,
        numerator as count,
        numerator,
        denominator,
        value,
        lower_ci_95,
        upper_ci_95,
        lower_ci_998,
        upper_ci_998,
        method,
        case
            when side in ('lower', 'higher') and polarity in ('low_is_good', 'high_is_good')
                then case when (side = 'lower') = (polarity = 'low_is_good') then 'better' else 'worse' end
            else side
        end as comparison,
        status,
        is_synthetic
    from compared

)

select * from final
