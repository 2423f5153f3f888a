{#- The slopes of the last build, of which those whose quintiles are the same are taken over. -#}
{% set kept = of_last_build() %}
{% set key = ['indicator_id', 'area_code', 'period_id', 'made_from'] %}
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
quintile as (

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

quintiles as (

    select
        *,
        md5(concat_ws(' ', multiplier, populations, rates, log_errors)) as made_from
    from quintile

),

-- Made once for all slopes, because to make them takes longer than all else of a limit.
normal as materialized (

    select stats.sii_draws(10000) as draws

),

made as (

    select
        quintiles.indicator_id,
        quintiles.area_code,
        quintiles.period_id,
        quintiles.made_from,
        -- Turned round: the slope says how much more there is at the most deprived end than at the least.
        -1 * line.sii * quintiles.multiplier as slope_index,
        -1 * limits.sii_upper * quintiles.multiplier as slope_index_lower_ci_95,
        -1 * limits.sii_lower * quintiles.multiplier as slope_index_upper_ci_95,
        1 / line.rii as relative_index,
        1 / limits.rii_upper as relative_index_lower_ci_95,
        1 / limits.rii_lower as relative_index_upper_ci_95
    from quintiles
    cross join normal
    cross join lateral stats.sii(quintiles.populations, quintiles.rates, true) as line
    cross join lateral stats.sii_limits(
        quintiles.populations, quintiles.rates, quintiles.log_errors, 0.95, 'log', normal.draws
    ) as limits
    {%- if kept %}
    where ({{ key | join(', ') }}) not in (select {{ key | join(', ') }} from {{ kept }})
    union all
    select
        {{ key | join(', ') }}, slope_index, slope_index_lower_ci_95, slope_index_upper_ci_95, relative_index,
        relative_index_lower_ci_95, relative_index_upper_ci_95
    from {{ kept }}
    {%- endif %}

),

final as (

    select
        made.indicator_id,
        made.area_code,
        made.period_id,
        made.slope_index,
        made.slope_index_lower_ci_95,
        made.slope_index_upper_ci_95,
        made.relative_index,
        made.relative_index_lower_ci_95,
        made.relative_index_upper_ci_95,
        quintiles.is_synthetic,
        made.made_from
    from made
    inner join quintiles
        on
            made.indicator_id = quintiles.indicator_id
            and made.area_code = quintiles.area_code
            and made.period_id = quintiles.period_id
            and made.made_from = quintiles.made_from

)

select * from final
