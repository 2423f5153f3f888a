{# The index of everything that is expected, left-joined: each indicator, area, period and cell, with what was counted, its
   status and its value. #}
{% macro figures() -%}
cell as (

    select
        null as dimension, 'all' as age_band, 'all' as sex, 'all' as ethnicity, 'all' as imd_quintile,
        0 as age_from, 0 as age_to, null as ethnic_groups
    union all
    select 'age_band', reporting_band, 'all', 'all', 'all', min(age_from), max(age_from), null from age_band
    group by reporting_band
    union all
    select 'age_band', 'unknown', 'all', 'all', 'all', 0, 0, null
    union all
    select 'sex', 'all', sex, 'all', 'all', 0, 0, null from unnest(array['female', 'male', 'unknown']) as sex
    union all
    select 'ethnicity', 'all', 'all', ethnicity, 'all', 0, 0, 'census'
    from unnest(array['white', 'mixed', 'asian', 'black', 'other', 'not_stated']) as ethnicity
    union all
    select 'ethnicity', 'all', 'all', ethnicity, 'all', 0, 0, 'white_or_minority'
    from unnest(array['white', 'ethnic_minority', 'not_stated']) as ethnicity
    union all
    select 'imd_quintile', 'all', 'all', 'all', quintile, 0, 0, null
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
                and (cell.ethnic_groups is null or cell.ethnic_groups = indicator.ethnic_groups)
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
            and {{ is_same_cell('expected', 'counted') }}
    left join rate_population
        on
            expected.indicator_id = rate_population.indicator_id
            and expected.area_code = rate_population.area_code
            and expected.period_id = rate_population.period_id
            and {{ is_same_cell('expected', 'rate_population') }}
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
