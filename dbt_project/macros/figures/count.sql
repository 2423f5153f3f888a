{# What was counted, by area, period and the finest cell: sums, never averages. #}
{% macro count_of_period(known=none) -%}
{%- set as_at = day_of(known) -%}
with indicator as (

    select * from {{ indicators_of(known) }} as asked

),

-- The months of each period, for all cells together and for the cells by themselves: a count finds its periods by equality,
-- because to look at every period takes time that grows with the square of the years.
month_of_period as materialized (

    select
        indicator.indicator_id,
        period.period_id,
        month.month_on::date as month_on,
        cell.is_total
    from indicator
    inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
    cross join lateral generate_series(
        {{ first_day_counted('period', 'indicator') }}, period.end_on, interval '1 month'
    ) as month (month_on)
    -- Breakdowns are published for financial years; standardised rates, ratios between groups and slopes over quintiles
    -- need their groups for every period.
    inner join (values (true), (false)) as cell (is_total)
        on
            cell.is_total
            or period.period_type = 'financial_year'
            or indicator.value_type in ('dsr', 'ratio', 'sii')

),

-- Added up to periods before areas, because a period has fewer months that were counted than a district is part of areas.
period_count as (

    select
        counts.indicator_id,
        counts.area_code,
        month_of_period.period_id,
        counts.age_band,
        counts.sex,
        counts.ethnicity,
        counts.imd_quintile,
        sum(counts.numerator) as numerator,
        sum(counts.denominator) as denominator,
        sum(counts.square_sum) as square_sum,
        bool_or(counts.numerator is null) as is_missing
    from {{ ref('indicator_count') }} as counts
    inner join month_of_period
        on
            counts.indicator_id = month_of_period.indicator_id
            and counts.month_on = month_of_period.month_on
            and ({{ is_total('counts') }}) = month_of_period.is_total
    where
        counts.known_from_on <= {{ as_at }}
        and counts.known_until_on > {{ as_at }}
    group by
        counts.indicator_id, counts.area_code, month_of_period.period_id, counts.age_band, counts.sex, counts.ethnicity,
        counts.imd_quintile

)

select
    period_count.indicator_id,
    area_member.area_code,
    period_count.period_id,
    period_count.age_band as fine_age_band,
    case
        when period_count.age_band in ('all', 'unknown') then period_count.age_band
        else age_band.reporting_band
    end as age_band,
    period_count.sex,
    period_count.ethnicity,
    period_count.imd_quintile,
    sum(period_count.numerator) as numerator,
    sum(period_count.denominator) as denominator,
    sum(period_count.square_sum) as square_sum,
    bool_or(period_count.is_missing) as is_missing
from period_count
inner join {{ ref('area_member') }} as area_member on period_count.area_code = area_member.leaf_code
left join {{ ref('age_band') }} as age_band on period_count.age_band = age_band.age_band
group by
    period_count.indicator_id, area_member.area_code, period_count.period_id, period_count.age_band, age_band.reporting_band,
    period_count.sex, period_count.ethnicity, period_count.imd_quintile
{%- endmacro %}
