with latest as (

    select * from {{ ref('publish__indicator_latest') }}

),

indicator as (

    select * from {{ ref('publish__indicator') }}

),

area as (

    select * from {{ ref('publish__area') }}

),

county as (

    select * from {{ ref('publish__indicator_value') }}
    where area_code = 'LANCS-14' and {{ is_total() }}

)

select
    latest.area_code,
    area.area_name,
    latest.indicator_id,
    indicator.short_name as indicator_name,
    indicator.domain,
    indicator.unit,
    indicator.polarity,
    latest.period_id,
    latest.period_label,
    latest.count,
    latest.value,
    latest.lower_ci_95,
    latest.upper_ci_95,
    county.value as county_value,
    latest.comparison,
    latest.england_value,
    latest.comparison_england,
    latest.year_earlier_value,
    latest.year_earlier_change_percent,
    latest.comparison_year_earlier,
    latest.trend,
    latest.status,
    latest.release_id,
    latest.is_synthetic or coalesce(county.is_synthetic, false) as is_synthetic
from latest
inner join indicator on latest.indicator_id = indicator.indicator_id
inner join area on latest.area_code = area.area_code
left join county
    on
        latest.indicator_id = county.indicator_id
        and latest.period_id = county.period_id
        and latest.area_code <> county.area_code
