{# The recent trend of annual figures (Fingertips' method) over five years in a row: one that is missing is not passed over. #}
{% macro trend(known=none) -%}
{%- if is_of_touched(known) %}
-- depends_on: {{ ref('dim_period') }}, {{ ref('figure__touched') }}
{% endif -%}
with figure as (

    select * from {{ step('limit', known) }} as limited

),
{% set kept = kept_figures(known) %}
{%- set of_trend = ["value", "lower_ci_95", "upper_ci_95", "numerator", "denominator"] %}
{%- set cell = ["age_band", "sex", "ethnicity", "imd_quintile"] %}
year_figure as (

    select indicator_id, area_code, period_id, period_type, start_on, {{ (cell + of_trend) | join(', ') }} from figure
    where period_type in ('financial_year', 'academic_year') and status = 'ok' and value is not null
    {%- if kept %}
    union all
    select
        kept.indicator_id, kept.area_code, kept.period_id, period.period_type, period.start_on,
        kept.{{ (cell + of_trend) | join(', kept.') }}
    from {{ kept }} as kept
    inner join {{ ref('dim_period') }} as period on kept.period_id = period.period_id
    where
        period.period_type in ('financial_year', 'academic_year')
        and kept.status = 'ok'
        and kept.value is not null
        -- The five years of a year that is made anew.
        and (kept.indicator_id, period.period_type, period.start_on) in (
            select figure.indicator_id, figure.period_type, (figure.start_on - make_interval(years => ago))::date
            from figure
            cross join generate_series(1, 4) as ago
        )
        and (kept.indicator_id, kept.period_id) not in (select indicator_id, period_id from {{ ref('figure__touched') }})
    {%- endif %}

),

annual as (

    select
        indicator_id, area_code, period_id, age_band, sex, ethnicity, imd_quintile,
        array_agg(value) over five as recent_values,
        array_agg(lower_ci_95) over five as recent_lowers,
        array_agg(upper_ci_95) over five as recent_uppers,
        array_agg(numerator::double precision) over five as recent_numerators,
        array_agg(denominator::double precision) over five as recent_denominators,
        count(*) over five = 5 and min(start_on) over five = start_on - interval '4 years' as is_five_in_a_row
    from year_figure
    window five as (
        partition by indicator_id, area_code, period_type, age_band, sex, ethnicity, imd_quintile
        order by start_on
        rows between 4 preceding and current row
    )

)

select
    figure.*,
    case
        when figure.period_type not in ('financial_year', 'academic_year') or figure.status <> 'ok' then null
        when annual.is_five_in_a_row is not true then 'cannot_be_calculated'
        when figure.cell_type = 'proportion' and figure.ci_method = 'wilson'
            then stats.recent_trend_proportion(annual.recent_numerators, annual.recent_denominators)
        else stats.recent_trend(annual.recent_values, annual.recent_lowers, annual.recent_uppers)
    end as direction
from figure
left join annual on {{ is_same_figure('figure', 'annual') }} and {{ is_same_cell('figure', 'annual') }}
{%- endmacro %}
