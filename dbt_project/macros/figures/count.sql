{# What was counted, by area, period and the finest cell: sums, never averages. #}
{% macro count_of_period(known=none) -%}
{%- set as_at = day_of(known) -%}
with indicator as (

    select * from {{ indicators_of(known) }} as asked

),

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
        {%- if is_of_touched(known) %}
        and (indicator_id, month_on) in (
            select touched.indicator_id, month.month_on::date
            from {{ ref('figure__touched') }} as touched
            inner join {{ ref('dim_period') }} as period on touched.period_id = period.period_id
            cross join lateral generate_series(period.start_on, period.end_on, interval '1 month') as month (month_on)
        )
        {%- endif %}
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
    inner join {{ ref('area_member') }} as area_member on known_count.area_code = area_member.leaf_code
    group by
        known_count.indicator_id, area_member.area_code, known_count.month_on, known_count.age_band, known_count.sex,
        known_count.ethnicity, known_count.imd_quintile

)

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
inner join {{ periods_of(known) }} as period
    on
        period.period_type = any(indicator.period_types)
        {{ and_is_touched(known) }}
        and {{ is_month_of('area_count.month_on', 'period', 'indicator') }}
        -- Breakdowns are published for financial years; standardised rates, ratios between groups and slopes over quintiles
        -- need their groups for every period.
        and (
            period.period_type = 'financial_year'
            or indicator.value_type in ('dsr', 'ratio', 'sii')
            or {{ is_total('area_count') }}
        )
left join {{ ref('age_band') }} as age_band on area_count.age_band = age_band.age_band
group by
    area_count.indicator_id, area_count.area_code, period.period_id, area_count.age_band, age_band.reporting_band,
    area_count.sex, area_count.ethnicity, area_count.imd_quintile
{%- endmacro %}
