-- Of the county and its authorities: smaller areas have too few events in a quintile, and each interval takes 10,000 draws.
with value as (

    select * from {{ ref('fct_indicator_value') }}
    where area_code in ('LANCS-14', 'E10000017', 'E06000008', 'E06000009')

),

indicator as (

    select * from {{ ref('dim_indicator') }}
    where value_type in ('crude_rate', 'dsr', 'sii') and 'imd_quintile' = any(breakdowns)

),

-- Five quintiles of one area and year, the most deprived first. The line is fitted on logarithms, so each needs events.
quintiles as (

    select
        value.indicator_id,
        value.area_code,
        value.period_id,
        indicator.multiplier::double precision as multiplier,
        array_agg(value.denominator::double precision order by value.imd_quintile) as populations,
        array_agg(
            value.numerator::double precision / value.denominator::double precision order by value.imd_quintile
        ) as rates,
        array_agg(1 / sqrt(value.numerator::double precision) order by value.imd_quintile) as log_errors,
        bool_or(value.is_synthetic) as is_synthetic
    from value
    inner join indicator on value.indicator_id = indicator.indicator_id
    where value.imd_quintile between '1' and '5' and value.status = 'ok' and value.numerator > 0
    group by value.indicator_id, value.area_code, value.period_id, indicator.multiplier
    having count(*) = 5

),

-- Made once for all slopes, because to make them takes longer than all else of a limit.
normal as materialized (

    select stats.sii_draws(10000) as draws

),

final as (

    select
        quintiles.indicator_id,
        quintiles.area_code,
        quintiles.period_id,
        -- Turned round: the slope says how much more there is at the most deprived end than at the least.
        -1 * line.sii * quintiles.multiplier as slope_index,
        -1 * limits.sii_upper * quintiles.multiplier as slope_index_lower_ci_95,
        -1 * limits.sii_lower * quintiles.multiplier as slope_index_upper_ci_95,
        1 / line.rii as relative_index,
        1 / limits.rii_upper as relative_index_lower_ci_95,
        1 / limits.rii_lower as relative_index_upper_ci_95,
        quintiles.is_synthetic
    from quintiles
    cross join normal
    cross join lateral stats.sii(quintiles.populations, quintiles.rates, true) as line
    cross join lateral stats.sii_limits(
        quintiles.populations, quintiles.rates, quintiles.log_errors, 0.95, 'log', normal.draws
    ) as limits

)

select * from final
