{# Every figure as it was known on a day: the body of marts.fct_indicator_value (the last of days) and of
   publish.indicator_as_at, which may ask for some indicators only. One CTE a question; each macro below answers one. #}
{% macro indicator_values(as_at, indicator_ids=none) -%}
with indicator as (

    select * from {{ ref('dim_indicator') }}
    {% if indicator_ids %}where {{ indicator_ids }} is null or indicator_id = any({{ indicator_ids }}){% endif %}

),

period as (

    select * from {{ ref('dim_period') }}
    where end_on < {{ as_at }}

),

area as (

    select * from {{ ref('dim_area') }}

),

area_member as (

    select * from {{ ref('area_member') }}

),

age_band as (

    select * from {{ ref('age_band') }}

),

{{ completeness_as_at(as_at) }},

{{ counts_as_at(as_at) }},

{{ denominators() }},

{{ figures() }},

{{ limits_of_figures() }},

{{ comparisons() }}

select
    indicator_id,
    area_code,
    period_id,
    sex,
    age_band,
    ethnicity,
    imd_quintile,
    numerator as count,
    numerator,
    denominator,
    value,
    lower_ci_95,
    upper_ci_95,
    lower_ci_998,
    upper_ci_998,
    method,
    comparison,
    comparison_england,
    comparison_baseline,
    trend,
    year_earlier_change_percent,
    is_year_earlier_change_significant,
    baseline_change_percent,
    is_baseline_change_significant,
    status,
    population_vintage,
    is_synthetic
from compared
{%- endmacro %}


{# The planner does not see how many rows these CTEs have and takes them for few: nested loops then run for minutes where hash
   joins take seconds. As settings of the transaction, or of the function. #}
{% macro planner_settings() %}
    {{ return({'enable_nestloop': 'off', 'enable_mergejoin': 'off', 'work_mem': '64MB'}) }}
{% endmacro %}

{% macro hash_joins_only() %}
    {% set statements = [] %}
    {% for name, value in planner_settings().items() %}{% do statements.append("set local " ~ name ~ " = '" ~ value ~ "'") %}{% endfor %}
    {{ return(statements) }}
{% endmacro %}


{# What came: for each indicator, period and area whether every expected supplier delivered every month that is due. #}
{% macro completeness_as_at(as_at) -%}
-- The ledger as the counts know it: what was accepted since is not counted, so it did not come yet.
submission as (

    select * from {{ source('ops', 'counted_submission') }}
    where
        (is_ever_known and known_from_on <= {{ as_at }} and known_until_on > {{ as_at }})
        or (status = 'refused' and received_at::date <= {{ as_at }})

),

supplier_month as (

    select
        submission.feed,
        submission.supplier,
        month.month_on::date as month_on,
        bool_or(submission.status <> 'refused') as is_received,
        bool_or(submission.is_synthetic) filter (where submission.status <> 'refused') as is_synthetic
    from submission
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    group by submission.feed, submission.supplier, month.month_on

),

expected_supplier as (

    select feed_supplier.feed, feed_supplier.supplier, supplier.until_on
    from {{ source('ops', 'feed_supplier') }} as feed_supplier
    left join {{ ref('supplier') }} as supplier on feed_supplier.supplier = supplier.supplier
    where feed_supplier.is_expected

),

-- The months that are due of each supplier, and what came of them: those of the period itself, and those before it that its
-- figure rests on too.
delivered as (

    select
        indicator.indicator_id,
        expected_supplier.feed,
        expected_supplier.supplier,
        period.period_id,
        count(*) filter (where supplier_month.is_received) as received_count,
        count(*) filter (where supplier_month.is_received and supplier_month.month_on >= period.start_on) as own_received_count,
        count(*) filter (where not supplier_month.is_received and supplier_month.month_on >= period.start_on) as refused_count,
        case
            when indicator.completeness = 'any_delivery' then 1
            else
                {{ months_from_to(
                    "period.start_on - make_interval(months => indicator.looks_back_months::integer)",
                    "least(period.last_due_on, expected_supplier.until_on)"
                ) }}
        end as due_count,
        coalesce(bool_or(supplier_month.is_synthetic), false) as is_synthetic
    from indicator
    inner join expected_supplier on expected_supplier.feed = any(indicator.feeds)
    inner join period
        on
            period.period_type = any(indicator.period_types)
            and (expected_supplier.until_on is null or period.start_on <= expected_supplier.until_on)
    left join supplier_month
        on
            expected_supplier.feed = supplier_month.feed
            and expected_supplier.supplier = supplier_month.supplier
            and supplier_month.month_on
            between period.start_on - make_interval(months => indicator.looks_back_months::integer) and period.last_due_on
    group by
        indicator.indicator_id, indicator.completeness, indicator.looks_back_months, expected_supplier.feed,
        expected_supplier.supplier, expected_supplier.until_on, period.period_id, period.start_on, period.last_due_on

),

-- Whose deliveries an area needs: of authorities those that it has a part of, of hospital trusts its own at a hospital's site
-- and all of them elsewhere, for people go to any. What has no place needs them all.
area_supplier as (

    select area.area_code, feed_supplier.supplier
    from area
    cross join (select distinct supplier from expected_supplier) as feed_supplier
    left join {{ ref('supplier') }} as supplier on feed_supplier.supplier = supplier.supplier
    left join area as own on supplier.area_code = own.area_code
    where
        (
            own.area_code is null
            or area.leaf_codes && own.leaf_codes
            or area.area_type in ('unplaced', 'police_force', 'hospital_site')
        )
        and (
            area.area_type <> 'hospital_site'
            or supplier.site_prefix is null
            or area.area_code like supplier.site_prefix || '%'
        )

),

completeness as (

    select
        delivered.indicator_id,
        delivered.period_id,
        area_supplier.area_code,
        case
            when bool_and(delivered.received_count >= delivered.due_count) then 'ok'
            when sum(delivered.own_received_count) > 0 then 'incomplete'
            when sum(delivered.refused_count) > 0 then 'refused'
            else 'awaiting_feed'
        end as feed_status,
        bool_or(delivered.is_synthetic) as is_synthetic
    from delivered
    inner join area_supplier on delivered.supplier = area_supplier.supplier
    group by delivered.indicator_id, delivered.period_id, area_supplier.area_code

)
{%- endmacro %}


{# How many months there are from the one of a day to the one of another. #}
{% macro months_from_to(first, last) -%}
    (extract(year from {{ last }}) - extract(year from {{ first }})) * 12
    + extract(month from {{ last }}) - extract(month from {{ first }}) + 1
{%- endmacro %}


{# What was counted: by area, period and cell. #}
{% macro counts_as_at(as_at) -%}
known_count as (

    select
        indicator_id,
        area_code,
        month_on,
        age_band,
        sex,
        ethnicity,
        imd_quintile,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(square_sum) as square_sum,
        bool_or(numerator is null) as is_missing
    from {{ ref('indicator_count') }}
    where
        known_from_on <= {{ as_at }}
        and known_until_on > {{ as_at }}
        and indicator_id in (select indicator_id from indicator)
    group by indicator_id, area_code, month_on, age_band, sex, ethnicity, imd_quintile

),

area_count as (

    select
        known_count.indicator_id,
        area_member.area_code,
        known_count.month_on,
        known_count.age_band,
        known_count.sex,
        known_count.ethnicity,
        known_count.imd_quintile,
        sum(known_count.numerator) as numerator,
        sum(known_count.denominator) as denominator,
        sum(known_count.square_sum) as square_sum,
        bool_or(known_count.is_missing) as is_missing
    from known_count
    inner join area_member on known_count.area_code = area_member.leaf_code
    group by
        known_count.indicator_id, area_member.area_code, known_count.month_on, known_count.age_band, known_count.sex,
        known_count.ethnicity, known_count.imd_quintile

),

-- Sums, never averages. Breakdowns are published for financial years; standardised rates, ratios between groups and slopes
-- over quintiles need their groups for every period.
fine_count as (

    select
        area_count.indicator_id,
        area_count.area_code,
        period.period_id,
        area_count.age_band as fine_age_band,
        case
            when area_count.age_band in ('all', 'unknown') then area_count.age_band
            else age_band.reporting_band
        end as age_band,
        area_count.sex,
        area_count.ethnicity,
        area_count.imd_quintile,
        sum(area_count.numerator) as numerator,
        sum(area_count.denominator) as denominator,
        sum(area_count.square_sum) as square_sum,
        bool_or(area_count.is_missing) as is_missing
    from area_count
    inner join indicator on area_count.indicator_id = indicator.indicator_id
    inner join period
        on
            period.period_type = any(indicator.period_types)
            and area_count.month_on between period.start_on and period.end_on
            and (
                period.period_type = 'financial_year'
                or indicator.value_type in ('dsr', 'ratio', 'sii')
                or (area_count.age_band, area_count.sex, area_count.ethnicity, area_count.imd_quintile)
                = ('all', 'all', 'all', 'all')
            )
    left join age_band on area_count.age_band = age_band.age_band
    group by
        area_count.indicator_id, area_count.area_code, period.period_id, area_count.age_band, age_band.reporting_band,
        area_count.sex, area_count.ethnicity, area_count.imd_quintile

),

counted as (

    select
        indicator_id,
        area_code,
        period_id,
        age_band,
        sex,
        ethnicity,
        imd_quintile,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(square_sum) as square_sum,
        bool_or(is_missing) as is_missing
    from fine_count
    group by indicator_id, area_code, period_id, age_band, sex, ethnicity, imd_quintile

),

total_count as (

    select * from counted
    where (age_band, sex, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')

),

-- Where too many events have no place, those that have one are no measure of a place.
unlocated as (

    select
        force.indicator_id,
        force.period_id,
        coalesce(coalesce(unknown.denominator, unknown.numerator), 0)
        / nullif(coalesce(force.denominator, force.numerator), 0) as share
    from total_count as force
    left join total_count as unknown
        on
            force.indicator_id = unknown.indicator_id
            and force.period_id = unknown.period_id
            and unknown.area_code = 'UNK'
    where force.area_code = 'E23000003'

),

-- A ratio is of an ethnic minority's rate to the rate of White people.
group_count as (

    select
        indicator_id,
        area_code,
        period_id,
        coalesce(sum(numerator) filter (where ethnicity not in ('all', 'white', 'not_stated')), 0) as minority_count,
        coalesce(sum(numerator) filter (where ethnicity = 'white'), 0) as white_count
    from counted
    where indicator_id in (select indicator_id from indicator where value_type = 'ratio')
    group by indicator_id, area_code, period_id

)
{%- endmacro %}


{# What counts are divided by. #}
{% macro denominators() -%}
rate_population as (

    select
        indicator.indicator_id,
        population.area_code,
        period.period_id,
        population.age_band,
        population.sex,
        population.ethnicity,
        population.imd_quintile,
        sum(population.persons) as persons
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
    inner join {{ ref('dim_rate_population') }} as population
        on
            indicator.population = population.population
            and population.mid_year = any(period.population_years)
            and (
                period.period_type = 'financial_year'
                or (population.age_band, population.sex, population.ethnicity, population.imd_quintile)
                = ('all', 'all', 'all', 'all')
            )
    group by
        indicator.indicator_id, population.area_code, period.period_id, population.age_band, population.sex,
        population.ethnicity, population.imd_quintile, period.population_years
    having count(*) = cardinality(period.population_years)

),

-- Direct standardisation: the events and person-years of each standard band, those without events included.
standard_band as (

    select
        indicator.indicator_id,
        population.area_code,
        period.period_id,
        age_band.standard_band,
        standard.weight,
        sum(population.persons)::double precision as persons
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
    inner join {{ ref('dim_population') }} as population
        on
            population.population_vintage = '{{ var("population_vintage") }}'
            and population.sex = 'all'
            and population.mid_year = any(period.population_years)
    inner join age_band
        on
            population.age_band = age_band.age_band
            and age_band.age_from >= {{ population_age_from('indicator.population') }}
            and coalesce(age_band.age_to, 200) <= {{ population_age_to('indicator.population') }}
    inner join {{ ref('standard_population') }} as standard on age_band.standard_band = standard.standard_band
    where indicator.value_type = 'dsr'
    group by
        indicator.indicator_id, population.area_code, period.period_id, age_band.standard_band, standard.weight,
        period.population_years
    having count(distinct population.mid_year) = cardinality(period.population_years)

),

standard_count as (

    select
        fine_count.indicator_id,
        fine_count.area_code,
        fine_count.period_id,
        age_band.standard_band,
        sum(fine_count.numerator)::double precision as events
    from fine_count
    inner join age_band on fine_count.fine_age_band = age_band.age_band
    group by fine_count.indicator_id, fine_count.area_code, fine_count.period_id, age_band.standard_band

),

standardised as (

    select
        band.indicator_id,
        band.area_code,
        band.period_id,
        coalesce(sum(counted.events), 0) as events,
        sum(band.persons) as persons,
        sum(band.weight * coalesce(counted.events, 0) / band.persons) / sum(band.weight) as rate,
        sum(coalesce(counted.events, 0) * (band.weight / band.persons) ^ 2) / sum(band.weight) ^ 2 as variance
    from standard_band as band
    left join standard_count as counted
        on
            band.indicator_id = counted.indicator_id
            and band.area_code = counted.area_code
            and band.period_id = counted.period_id
            and band.standard_band = counted.standard_band
    group by band.indicator_id, band.area_code, band.period_id

),

ethnic_population as (

    select
        area_member.area_code,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group <> 'white') as minority_population,
        sum(ethnic_population.persons) filter (where ethnic_population.ethnic_group = 'white') as white_population
    from {{ ref('ethnic_population') }} as ethnic_population
    inner join area_member on ethnic_population.area_code = area_member.leaf_code
    where ethnic_population.census_year = {{ var('census_year') }}
    group by area_member.area_code

),

-- A slope over the quintiles of deprivation, the most deprived first; fitted on logarithms, so every quintile needs events.
quintile as (

    select
        population.indicator_id,
        population.area_code,
        population.period_id,
        array_agg(population.persons::double precision order by population.imd_quintile) as populations,
        array_agg(
            coalesce(counted.numerator, 0)::double precision / population.persons::double precision
            order by population.imd_quintile
        ) as rates,
        array_agg(1 / sqrt(nullif(counted.numerator, 0)::double precision) order by population.imd_quintile) as log_errors
    from rate_population as population
    left join counted
        on
            population.indicator_id = counted.indicator_id
            and population.area_code = counted.area_code
            and population.period_id = counted.period_id
            and population.imd_quintile = counted.imd_quintile
    where population.imd_quintile between '1' and '5'
    group by population.indicator_id, population.area_code, population.period_id
    having count(*) = 5

)
{%- endmacro %}


{# The index of everything that is expected, left-joined: each indicator, area, period and cell, with what was counted, its
   status and its value. #}
{% macro figures() -%}
cell as (

    select
        null as dimension, 'all' as age_band, 'all' as sex, 'all' as ethnicity, 'all' as imd_quintile,
        0 as age_from, 0 as age_to
    union all
    select 'age_band', reporting_band, 'all', 'all', 'all', min(age_from), max(age_from) from age_band
    group by reporting_band
    union all
    select 'age_band', 'unknown', 'all', 'all', 'all', 0, 0
    union all
    select 'sex', 'all', sex, 'all', 'all', 0, 0 from unnest(array['female', 'male', 'unknown']) as sex
    union all
    select 'ethnicity', 'all', 'all', ethnicity, 'all', 0, 0
    from unnest(array['white', 'mixed', 'asian', 'black', 'other', 'ethnic_minority', 'not_stated']) as ethnicity
    union all
    select 'imd_quintile', 'all', 'all', 'all', quintile, 0, 0
    from unnest(array['1', '2', '3', '4', '5', 'unknown']) as quintile

),

area_level as (

    select level.name as level, level.place
    from (
        values
        ('district', 1), ('hospital_site', 1), ('unplaced', 1), ('upper_tier', 2), ('police_division', 2), ('county_14', 3),
        ('police_force', 3), ('none', 9)
    ) as level (name, place)

),

expected as (

    select
        indicator.indicator_id,
        indicator.value_type,
        indicator.ci_method,
        indicator.population,
        -- The groups of a ratio have rates of their own, per 1,000.
        case when indicator.value_type = 'ratio' and cell.dimension is not null then 1000 else indicator.multiplier end
            as multiplier,
        indicator.min_denominator,
        indicator.polarity,
        indicator.comparator_default,
        area.area_code,
        area.area_type,
        period.period_id,
        period.period_type,
        period.start_on,
        period.year_earlier_period_id,
        cell.dimension,
        cell.age_band,
        cell.sex,
        cell.ethnicity,
        cell.imd_quintile,
        completeness.is_synthetic,
        case
            when period.start_on < indicator.series_starts_on then 'before_series'
            when
                (select max(place) from area_level where level = any(area.area_levels) and level = any(indicator.geo_levels))
                < (select place from area_level where level = indicator.finest_area)
                then 'not_applicable'
            else completeness.feed_status
        end as feed_status,
        area.area_type not in ('police_force', 'unplaced')
        and coalesce(unlocated.share, 0) > indicator.max_unlocated_share as is_poorly_located
    from indicator
    inner join period
        on period.period_type = any(indicator.period_types) and period.end_on >= indicator.series_starts_on
    inner join area on area.area_levels && indicator.geo_levels
    inner join completeness
        on
            indicator.indicator_id = completeness.indicator_id
            and period.period_id = completeness.period_id
            and area.area_code = completeness.area_code
    inner join cell
        on
            cell.dimension is null
            or (
                cell.dimension = any(indicator.breakdowns)
                and period.period_type = 'financial_year'
                -- Children in need are not broken down into pensioners.
                and (
                    cell.dimension <> 'age_band'
                    or indicator.population is null
                    or cell.age_band = 'unknown'
                    or (
                        cell.age_from >= {{ population_age_from('indicator.population') }}
                        and cell.age_to <= {{ population_age_to('indicator.population') }}
                    )
                )
                -- Five groups, or the two that the public files of searches give.
                and (cell.ethnicity = 'ethnic_minority') <= (indicator.feeds = array['police_stop_search'])
                and (cell.ethnicity in ('mixed', 'asian', 'black', 'other')) <= (indicator.feeds <> array['police_stop_search'])
            )
    left join unlocated on indicator.indicator_id = unlocated.indicator_id and period.period_id = unlocated.period_id

),

with_counts as (

    select
        expected.*,
        coalesce(counted.is_missing, false) as is_missing,
        case
            when expected.feed_status <> 'ok' or counted.is_missing then null
            when expected.value_type = 'ratio' and expected.dimension is null then coalesce(group_count.minority_count, 0)
            else coalesce(counted.numerator, 0)
        end as numerator,
        case when expected.feed_status = 'ok' then counted.square_sum end as square_sum,
        group_count.white_count,
        ethnic_population.minority_population,
        ethnic_population.white_population,
        standardised.events as standardised_events,
        standardised.rate as standardised_rate,
        standardised.variance as standardised_variance,
        quintile.populations as quintile_populations,
        quintile.rates as quintile_rates,
        quintile.log_errors as quintile_log_errors,
        case
            when expected.value_type = 'count' then null
            when expected.value_type = 'ratio' and expected.dimension is null
                then
                    case when expected.feed_status = 'ok' then
                        coalesce(group_count.white_count, 0)::numeric / ethnic_population.white_population
                        * ethnic_population.minority_population
                    end
            when expected.value_type = 'dsr' and expected.dimension is null then standardised.persons::numeric
            when expected.population is not null or expected.value_type = 'ratio' then rate_population.persons
            when expected.feed_status = 'ok' then coalesce(counted.denominator, 0)
        end as denominator
    from expected
    left join counted
        on
            expected.indicator_id = counted.indicator_id
            and expected.area_code = counted.area_code
            and expected.period_id = counted.period_id
            and expected.age_band = counted.age_band
            and expected.sex = counted.sex
            and expected.ethnicity = counted.ethnicity
            and expected.imd_quintile = counted.imd_quintile
    left join rate_population
        on
            expected.indicator_id = rate_population.indicator_id
            and expected.area_code = rate_population.area_code
            and expected.period_id = rate_population.period_id
            and expected.age_band = rate_population.age_band
            and expected.sex = rate_population.sex
            and expected.ethnicity = rate_population.ethnicity
            and expected.imd_quintile = rate_population.imd_quintile
    left join group_count
        on
            expected.indicator_id = group_count.indicator_id
            and expected.area_code = group_count.area_code
            and expected.period_id = group_count.period_id
    left join ethnic_population on expected.area_code = ethnic_population.area_code
    left join standardised
        on
            expected.dimension is null
            and expected.indicator_id = standardised.indicator_id
            and expected.area_code = standardised.area_code
            and expected.period_id = standardised.period_id
    left join quintile
        on
            expected.dimension is null
            and expected.value_type = 'sii'
            and expected.indicator_id = quintile.indicator_id
            and expected.area_code = quintile.area_code
            and expected.period_id = quintile.period_id

),

with_status as (

    select
        *,
        -- Events of a group have no standardised rate of their own: ages are not crossed with other groups.
        case
            when value_type in ('dsr', 'sii') and dimension is not null then 'crude_rate'
            when value_type = 'ratio' and dimension is not null then 'crude_rate'
            else value_type
        end as cell_type,
        case
            when feed_status <> 'ok' then feed_status
            -- What has a place is counted, and says nothing of the place.
            when is_missing or is_poorly_located then 'incomplete'
            when value_type = 'dsr' and dimension is null and standardised_events < 10 then 'not_applicable'
            when value_type = 'count' then 'ok'
            when coalesce(denominator, 0) < greatest(min_denominator, 1e-9) then 'no_denominator'
            when value_type = 'sii' and dimension is null and coalesce(cardinality(quintile_rates), 0) < 5 then 'no_denominator'
            when value_type = 'sii' and dimension is null and array_position(quintile_rates, 0) is not null then 'not_applicable'
            else 'ok'
        end as status
    from with_counts

),

figure as (

    select
        *,
        case
            when status <> 'ok' then null
            when cell_type = 'count' then numerator::double precision
            when cell_type = 'dsr' then standardised_rate * multiplier::double precision
            -- Turned round, so that more is worse for the deprived.
            when cell_type = 'sii'
                then -1 * (stats.sii(quintile_populations, quintile_rates, true)).sii * multiplier::double precision
            else numerator::double precision / denominator::double precision * multiplier::double precision
        end as value
    from with_status

)
{%- endmacro %}


{# Confidence limits, each computed once for the same counts. #}
{% macro limits_of_figures() -%}
poisson_limit as (

    select
        counts.numerator,
        ci_95.lower as lower_95,
        ci_95.upper as upper_95,
        ci_998.lower as lower_998,
        ci_998.upper as upper_998
    from (
        select distinct numerator from figure
        where status = 'ok' and cell_type in ('crude_rate', 'count') and ci_method <> 'none'
    ) as counts
    cross join lateral stats.poisson_ci(counts.numerator, 0.95) as ci_95
    cross join lateral stats.poisson_ci(counts.numerator, 0.998) as ci_998

),

wilson_limit as (

    select
        counts.numerator,
        counts.denominator,
        ci_95.lower as lower_95,
        ci_95.upper as upper_95,
        ci_998.lower as lower_998,
        ci_998.upper as upper_998
    from (
        select distinct numerator, denominator from figure
        where status = 'ok' and cell_type = 'proportion' and ci_method = 'wilson' and numerator <= denominator
    ) as counts
    cross join lateral stats.wilson_ci(counts.numerator, counts.denominator, 0.95) as ci_95
    cross join lateral stats.wilson_ci(counts.numerator, counts.denominator, 0.998) as ci_998

),

with_limits as (

    select
        figure.*,
        case
            when figure.status <> 'ok' or figure.ci_method = 'none' then null
            when figure.cell_type in ('crude_rate', 'count') then stats.poisson_ci_method(figure.numerator)
            else figure.ci_method
        end as method,
        {% for side in ('lower', 'upper') %}
        {%- for level in ('95', '998') %}
        case
            when figure.status <> 'ok' or figure.ci_method = 'none' then null
            when figure.cell_type = 'count' then poisson_limit.{{ side }}_{{ level }}
            when figure.cell_type = 'crude_rate'
                then poisson_limit.{{ side }}_{{ level }} / figure.denominator::double precision * figure.multiplier
            when figure.cell_type = 'proportion' then wilson_limit.{{ side }}_{{ level }} * figure.multiplier
            else own_{{ level }}.{{ side }} * figure.multiplier
        end as {{ side }}_ci_{{ level }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from figure
    left join poisson_limit
        on figure.cell_type in ('crude_rate', 'count') and figure.numerator = poisson_limit.numerator
    left join wilson_limit
        on
            figure.cell_type = 'proportion'
            and figure.numerator = wilson_limit.numerator
            and figure.denominator = wilson_limit.denominator
    {%- for level, share in (('95', '0.95'), ('998', '0.998')) %}
    left join lateral (
        select limits.lower, limits.upper
        from stats.dsr_ci(
            figure.standardised_events::numeric, figure.standardised_rate, figure.standardised_variance, {{ share }}
        ) as limits
        where figure.cell_type = 'dsr' and figure.status = 'ok'
        union all
        select limits.lower, limits.upper
        from stats.mean_ci(figure.denominator, figure.numerator, figure.square_sum, {{ share }}) as limits
        where figure.cell_type = 'mean' and figure.ci_method = 'student_t' and figure.status = 'ok'
        union all
        select limits.lower, limits.upper
        from stats.ratio_ci(
            figure.numerator, figure.minority_population, figure.white_count, figure.white_population, {{ share }}
        ) as limits
        where figure.cell_type = 'ratio' and figure.status = 'ok'
        union all
        select -1 * limits.sii_upper, -1 * limits.sii_lower
        from stats.sii_ci(
            figure.quintile_populations, figure.quintile_rates, figure.quintile_log_errors, {{ share }}, true
        ) as limits
        where figure.cell_type = 'sii' and figure.status = 'ok'
    ) as own_{{ level }} on figure.cell_type in ('dsr', 'mean', 'ratio', 'sii')
    {%- endfor %}

)
{%- endmacro %}


{# Better or worse than the county, England and the baseline year, by the interval; change since a year earlier and since the
   baseline; the recent trend. #}
{% macro comparisons() -%}
beside as (

    select
        with_limits.*,
        county.value as county_value,
        england.value as england_value,
        baseline.value as baseline_value,
        baseline.numerator as baseline_numerator,
        baseline.denominator as baseline_denominator,
        earlier.value as earlier_value,
        earlier.numerator as earlier_numerator,
        earlier.denominator as earlier_denominator
    from with_limits
    left join with_limits as county
        on
            with_limits.indicator_id = county.indicator_id
            and with_limits.period_id = county.period_id
            and with_limits.comparator_default = county.area_code
            and with_limits.area_code <> county.area_code
            -- A part's count is always less than the whole's.
            and with_limits.cell_type <> 'count'
            and with_limits.age_band = county.age_band
            and with_limits.sex = county.sex
            and with_limits.ethnicity = county.ethnicity
            and with_limits.imd_quintile = county.imd_quintile
            and with_limits.area_type not in ('police_force', 'unplaced')
    left join {{ ref('benchmark') }} as england
        on
            with_limits.dimension is null
            and england.area_code = 'E92000001'
            and with_limits.indicator_id = england.indicator_id
            and with_limits.period_id = england.period_id
            and with_limits.area_type not in ('police_force', 'unplaced')
    left join with_limits as baseline
        on
            with_limits.period_type = 'financial_year'
            and baseline.period_id = '{{ var("baseline_period") }}'
            and with_limits.period_id <> baseline.period_id
            and with_limits.indicator_id = baseline.indicator_id
            and with_limits.area_code = baseline.area_code
            and with_limits.age_band = baseline.age_band
            and with_limits.sex = baseline.sex
            and with_limits.ethnicity = baseline.ethnicity
            and with_limits.imd_quintile = baseline.imd_quintile
    left join with_limits as earlier
        on
            -- Three years and the next three overlap in two.
            with_limits.period_type <> 'three_financial_years'
            and with_limits.indicator_id = earlier.indicator_id
            and with_limits.year_earlier_period_id = earlier.period_id
            and with_limits.area_code = earlier.area_code
            and with_limits.age_band = earlier.age_band
            and with_limits.sex = earlier.sex
            and with_limits.ethnicity = earlier.ethnicity
            and with_limits.imd_quintile = earlier.imd_quintile

),

-- The latest five annual points that have a figure.
annual as (

    select
        indicator_id, area_code, period_id, age_band, sex, ethnicity, imd_quintile,
        array_agg(value) over five as recent_values,
        array_agg(lower_ci_95) over five as recent_lowers,
        array_agg(upper_ci_95) over five as recent_uppers,
        array_agg(numerator::double precision) over five as recent_numerators,
        array_agg(denominator::double precision) over five as recent_denominators
    from with_limits
    where period_type in ('financial_year', 'academic_year') and status = 'ok' and value is not null
    window five as (
        partition by indicator_id, area_code, age_band, sex, ethnicity, imd_quintile
        order by start_on
        rows between 4 preceding and current row
    )

),

judged as (

    select
        beside.*,
        case
            when beside.period_type not in ('financial_year', 'academic_year') or beside.status <> 'ok' then null
            when annual.recent_values is null or cardinality(annual.recent_values) < 5 then 'cannot_be_calculated'
            when beside.cell_type = 'proportion' and beside.ci_method = 'wilson'
                then stats.recent_trend_proportion(annual.recent_numerators, annual.recent_denominators)
            else stats.recent_trend(annual.recent_values, annual.recent_lowers, annual.recent_uppers)
        end as direction,
        {% for name in ('baseline', 'earlier') %}
        case
            when beside.status <> 'ok' or beside.{{ name }}_value is null then null
            when beside.cell_type in ('crude_rate', 'count')
                then {{ is_rate_changed('beside', name) }}
            when beside.cell_type = 'proportion' and beside.ci_method = 'wilson'
                then
                    (
                        select difference.lower > 0 or difference.upper < 0
                        from stats.newcombe_ci(
                            beside.numerator, beside.denominator,
                            beside.{{ name }}_numerator, beside.{{ name }}_denominator, 0.95
                        ) as difference
                    )
        end as is_{{ name }}_change_significant,
        case
            when beside.{{ name }}_value <> 0
                then (beside.value - beside.{{ name }}_value) / abs(beside.{{ name }}_value) * 100
        end as {{ name }}_change_percent{% if not loop.last %},{% endif %}
        {%- endfor %}
    from beside
    left join annual
        on
            beside.indicator_id = annual.indicator_id
            and beside.area_code = annual.area_code
            and beside.period_id = annual.period_id
            and beside.age_band = annual.age_band
            and beside.sex = annual.sex
            and beside.ethnicity = annual.ethnicity
            and beside.imd_quintile = annual.imd_quintile

),

compared as (

    select
        indicator_id,
        area_code,
        period_id,
        sex,
        age_band,
        ethnicity,
        imd_quintile,
        numerator,
        denominator,
        value,
        lower_ci_95,
        upper_ci_95,
        lower_ci_998,
        upper_ci_998,
        method,
        {{ comparison_with('county_value') }} as comparison,
        {{ comparison_with('england_value') }} as comparison_england,
        case
            when is_baseline_change_significant then {{ change_in_words('value > baseline_value') }}
            when not is_baseline_change_significant then 'similar'
            else {{ comparison_with('baseline_value') }}
        end as comparison_baseline,
        case
            when direction in ('increasing', 'decreasing') and polarity in ('low_is_good', 'high_is_good')
                then
                    direction || '_and_getting_'
                    || case when (direction = 'increasing') = (polarity = 'high_is_good') then 'better' else 'worse' end
            else direction
        end as trend,
        earlier_change_percent as year_earlier_change_percent,
        is_earlier_change_significant as is_year_earlier_change_significant,
        baseline_change_percent,
        is_baseline_change_significant,
        status,
        case when population is not null or value_type = 'ratio' then '{{ var("population_vintage") }}' end as population_vintage,
        is_synthetic
    from judged

)
{%- endmacro %}


{# Better, worse or similar by whether the 95 % interval holds another's value; lower or higher where neither is good. #}
{% macro comparison_with(value) -%}
    case
        when lower_ci_95 is null or {{ value }} is null then 'not_compared'
        when upper_ci_95 >= {{ value }} and lower_ci_95 <= {{ value }} then 'similar'
        else {{ change_in_words('lower_ci_95 > ' ~ value) }}
    end
{%- endmacro %}


{% macro change_in_words(is_higher) -%}
    case
        when polarity in ('low_is_good', 'high_is_good')
            then case when ({{ is_higher }}) = (polarity = 'high_is_good') then 'better' else 'worse' end
        when {{ is_higher }} then 'higher'
        else 'lower'
    end
{%- endmacro %}


{# Whether a rate differs from another: the ratio's interval leaves 1 out; with a zero among the two counts, mid-p below 5 %. #}
{% macro is_rate_changed(row, other) -%}
    case
        when {{ row }}.numerator > 0 and {{ row }}.{{ other }}_numerator > 0
            then
                (
                    select ratio.lower > 1 or ratio.upper < 1
                    from stats.ratio_ci(
                        {{ row }}.numerator, coalesce({{ row }}.denominator, 1),
                        {{ row }}.{{ other }}_numerator, coalesce({{ row }}.{{ other }}_denominator, 1), 0.95
                    ) as ratio
                )
        when {{ row }}.numerator + {{ row }}.{{ other }}_numerator > 0
            then
                stats.mid_p(
                    {{ row }}.numerator, coalesce({{ row }}.denominator, 1),
                    {{ row }}.{{ other }}_numerator, coalesce({{ row }}.{{ other }}_denominator, 1)
                ) < 0.05
        else false
    end
{%- endmacro %}

