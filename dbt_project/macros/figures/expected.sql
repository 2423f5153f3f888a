{# The index of everything that is expected: each indicator, area, period and cell, with what came for it. #}
{% macro expected(known=none) -%}
with cell as (

    select
        null as dimension, 'all' as age_band, 'all' as sex, 'all' as ethnicity, 'all' as imd_quintile,
        0 as age_from, 0 as age_to, null as ethnic_groups
    union all
    select 'age_band', reporting_band, 'all', 'all', 'all', min(age_from), max(age_from), null from {{ ref('age_band') }}
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

)

select
    indicator.indicator_id,
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
    completeness.is_lacking,
    case
        when period.start_on < indicator.series_starts_on then 'before_series'
        when
            (select max(place) from area_level where level = any(area.area_levels) and level = any(indicator.geo_levels))
            < (select place from area_level where level = indicator.finest_area)
            then 'not_applicable'
        else completeness.feed_status
    end as feed_status
from {{ indicators_of(known) }} as indicator
inner join {{ periods_of(known) }} as period
    on
        period.period_type = any(indicator.period_types)
        and period.end_on >= indicator.series_starts_on
        {{ and_is_touched(known) }}
inner join {{ ref('dim_area') }} as area on area.area_levels && indicator.geo_levels
inner join {{ step('completeness', known) }} as completeness
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
{%- endmacro %}
