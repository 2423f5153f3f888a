with indicator as (

    select * from {{ ref('publish__indicator') }}

),

latest as (

    select * from {{ ref('publish__indicator_latest') }}

),

widest as (

    select distinct on (indicator_id) *
    from latest
    where area_code in ('LANCS-14', 'E23000003')
    order by indicator_id, (status = 'ok') desc, area_code desc

),

district as (

    select
        figure.indicator_id,
        figure.period_id,
        count(*) filter (where figure.comparison in ('better', 'lower')) as better_or_lower_districts,
        count(*) filter (where figure.comparison in ('worse', 'higher')) as worse_or_higher_districts,
        count(*) filter (where figure.comparison = 'similar') as similar_districts,
        bool_or(figure.is_synthetic) as is_synthetic
    from {{ ref('publish__indicator_value') }} as figure
    inner join {{ ref('publish__area') }} as area on figure.area_code = area.area_code and area.area_type = 'district'
    where {{ is_total('figure') }}
    group by figure.indicator_id, figure.period_id

)

select
    indicator.indicator_id,
    indicator.short_name as indicator_name,
    indicator.domain,
    indicator.unit,
    indicator.polarity,
    widest.area_code,
    widest.period_id,
    widest.period_label,
    widest.count,
    widest.value,
    widest.lower_ci_95,
    widest.upper_ci_95,
    widest.england_value,
    coalesce(widest.comparison_england, 'not_compared') as comparison_england,
    widest.year_earlier_value,
    widest.year_earlier_change_percent,
    coalesce(widest.comparison_year_earlier, 'not_compared') as comparison_year_earlier,
    widest.trend,
    coalesce(widest.status, 'awaiting_feed') as status,
    coalesce(district.better_or_lower_districts, 0) as better_or_lower_districts,
    coalesce(district.similar_districts, 0) as similar_districts,
    coalesce(district.worse_or_higher_districts, 0) as worse_or_higher_districts,
    widest.release_id,
    coalesce(widest.is_synthetic or district.is_synthetic, false) as is_synthetic
from indicator
left join widest on indicator.indicator_id = widest.indicator_id
left join district on widest.indicator_id = district.indicator_id and widest.period_id = district.period_id
