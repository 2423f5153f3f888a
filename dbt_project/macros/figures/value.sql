{# Each expected figure with what was counted, its status and its value. #}
{% macro value(known=none) -%}
with counted as (

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
    from {{ step('count', known) }} as fine_count
    group by indicator_id, area_code, period_id, age_band, sex, ethnicity, imd_quintile

),

-- Where too many events have no place, those that have a place are no measure of it. Three events of ten are not too many yet: the
-- share's lower limit decides.
unlocated as (

    select
        force.indicator_id,
        force.period_id,
        coalesce(place.unknown, 0) / nullif(place.everywhere, 0) as share,
        limits.lower as least_share
    from counted as force
    left join counted as unknown
        on
            force.indicator_id = unknown.indicator_id
            and force.period_id = unknown.period_id
            and unknown.area_code = 'UNK'
            and {{ is_total('unknown') }}
    cross join lateral (
        select
            coalesce(unknown.denominator, unknown.numerator) as unknown,
            coalesce(force.denominator, force.numerator) as everywhere
    ) as place
    left join lateral stats.wilson_ci(place.unknown, place.everywhere, 0.95) as limits
        on place.unknown between 0 and place.everywhere
    where force.area_code = 'E23000003' and {{ is_total('force') }}

),

with_counts as (

    select
        expected.*,
        coverage.is_begun,
        indicator.value_type,
        indicator.ci_method,
        indicator.population,
        -- The groups of a ratio have rates of their own, per 1,000.
        case when indicator.value_type = 'ratio' and expected.dimension is not null then 1000 else indicator.multiplier end
            as multiplier,
        indicator.min_denominator,
        indicator.polarity,
        indicator.comparator_default,
        indicator.finest_area,
        indicator.compared_with_england,
        unlocated.share as unlocated_share,
        coalesce(counted.is_missing, false) or not coalesce(coverage.is_whole, true) as is_missing,
        expected.area_type not in ('police_force', 'unplaced')
        and coalesce(unlocated.least_share, 0) > indicator.max_unlocated_share as is_poorly_located,
        case
            when expected.feed_status <> 'ok' or counted.is_missing or not coverage.is_whole then null
            when indicator.value_type = 'ratio' and expected.dimension is null then coalesce(ratio.minority_count, 0)
            else coalesce(counted.numerator, 0)
        end as numerator,
        case when expected.feed_status = 'ok' then counted.square_sum end as square_sum,
        ratio.white_count,
        ratio.minority_population,
        ratio.white_population,
        case
            when indicator.value_type = 'ratio' and expected.dimension is null then ratio.population_vintage
            when indicator.value_type = 'dsr' and expected.dimension is null then standardised.population_vintage
            else rate_population.population_vintage
        end as population_vintage,
        case
            when indicator.value_type = 'ratio' and expected.dimension is null then 'census'
            when indicator.value_type = 'dsr' and expected.dimension is null then standardised.population_basis
            when indicator.value_type = 'sii' and expected.dimension is null then quintile.population_basis
            else rate_population.population_basis
        end as population_basis,
        standardised.events as standardised_events,
        standardised.rate as standardised_rate,
        standardised.variance as standardised_variance,
        quintile.populations as quintile_populations,
        quintile.rates as quintile_rates,
        quintile.log_errors as quintile_log_errors,
        case
            when indicator.value_type = 'count' then null
            when indicator.value_type = 'ratio' and expected.dimension is null
                then
                    case when expected.feed_status = 'ok' then
                        coalesce(ratio.white_count, 0)::numeric / ratio.white_population * ratio.minority_population
                    end
            when indicator.value_type = 'dsr' and expected.dimension is null then standardised.persons::numeric
            when indicator.population is not null or indicator.value_type = 'ratio' then rate_population.persons
            when expected.feed_status = 'ok' then coalesce(counted.denominator, 0)
        end as denominator
    from {{ step('expected', known) }} as expected
    inner join {{ indicators_of(known) }} as indicator on expected.indicator_id = indicator.indicator_id
    left join unlocated on expected.indicator_id = unlocated.indicator_id and expected.period_id = unlocated.period_id
    left join counted on {{ is_same_figure('expected', 'counted') }} and {{ is_same_cell('expected', 'counted') }}
    left join {{ step('coverage', known) }} as coverage on {{ is_same_figure('expected', 'coverage') }}
    left join {{ step('denominator', known) }} as rate_population
        on {{ is_same_figure('expected', 'rate_population') }} and {{ is_same_cell('expected', 'rate_population') }}
    left join {{ step('ratio', known) }} as ratio on {{ is_same_figure('expected', 'ratio') }}
    left join {{ step('standardised', known) }} as standardised
        on expected.dimension is null and {{ is_same_figure('expected', 'standardised') }}
    left join {{ step('quintile', known) }} as quintile
        on expected.dimension is null and {{ is_same_figure('expected', 'quintile') }}

),

with_status as (

    select
        *,
        {{ cell_type('value_type', 'dimension is not null') }} as cell_type,
        case
            when feed_status <> 'ok' then feed_status
            when not is_begun then 'awaiting_feed'
            -- What has a place is counted, and says nothing of the place.
            when is_missing or is_poorly_located then 'incomplete'
            -- Nothing was counted, and what was set aside may be something. Differences that cancel out are not nothing.
            when is_lacking and numerator = 0 and coalesce(square_sum, 0) = 0 then 'incomplete'
            when value_type = 'dsr' and dimension is null and standardised_events < 10 then 'not_applicable'
            when value_type = 'count' then 'ok'
            when coalesce(denominator, 0) < greatest(min_denominator, 1e-9) then 'no_denominator'
            when value_type = 'sii' and dimension is null and coalesce(cardinality(quintile_rates), 0) < 5 then 'no_denominator'
            when value_type = 'sii' and dimension is null and array_position(quintile_rates, 0) is not null then 'not_applicable'
            else 'ok'
        end as status
    from with_counts

)

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
{%- endmacro %}
