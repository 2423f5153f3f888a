{# Confidence limits of each value, each computed once for the same counts. #}
{% macro limit(known=none) -%}
with figure as (

    select * from {{ step('value', known) }} as valued

),

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

-- Made once for all slopes, because to make them takes longer than all else of a limit.
normal as materialized (

    select stats.sii_draws(10000) as draws

)

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
    from normal
    cross join lateral stats.sii_limits(
        figure.quintile_populations, figure.quintile_rates, figure.quintile_log_errors, {{ share }}, 'log', normal.draws
    ) as limits
    where figure.cell_type = 'sii' and figure.status = 'ok'
) as own_{{ level }} on figure.cell_type in ('dsr', 'mean', 'ratio', 'sii')
{%- endfor %}
{%- endmacro %}
