-- Only released figures after disclosure control, also where one is compared with another: what a suppressed figure would
-- say is not said in words either.
with figure as (

    select * from {{ ref('publish__indicator_value') }}
    where {{ is_total() }} and status = 'ok'

),

latest as (

    select * from {{ ref('publish__indicator_latest') }}
    where status = 'ok'

),

indicator as (

    select * from {{ ref('frozen__dim_indicator') }}

),

area as (

    select * from {{ ref('publish__area') }}

),

period as (

    select * from {{ ref('publish__period') }}

),

beside as (

    select
        latest.*,
        indicator.short_name as indicator_name,
        indicator.domain,
        indicator.unit,
        area.area_name,
        county.value as county_value,
        case when latest.year_earlier_value is not null then period.year_earlier_period_id end as year_earlier_period_id,
        coalesce(county.is_synthetic, false) as is_county_synthetic
    from latest
    inner join indicator on latest.indicator_id = indicator.indicator_id
    inner join area on latest.area_code = area.area_code
    inner join period on latest.period_id = period.period_id
    left join figure as county
        on
            latest.indicator_id = county.indicator_id
            and latest.period_id = county.period_id
            and indicator.comparator_default = county.area_code
            and latest.comparison <> 'not_compared'

),

judged as (

    select
        *,
        comparison_year_earlier = 'worse' as is_change_for_the_worse,
        comparison = 'worse' or comparison_england = 'worse' as is_worse,
        coalesce(trend like '%\_getting\_worse', false) or comparison_year_earlier = 'worse' as is_worsening
    from beside

)

select
    indicator_id,
    indicator_name,
    domain,
    unit,
    area_code,
    area_name,
    period_id,
    period_label,
    value,
    lower_ci_95,
    upper_ci_95,
    is_worse,
    is_worsening,
    comparison,
    county_value,
    comparison_england,
    england_value,
    trend,
    year_earlier_period_id,
    year_earlier_value,
    is_change_for_the_worse,
    release_id,
    is_synthetic or is_county_synthetic as is_synthetic
from judged
where is_worse or is_worsening
