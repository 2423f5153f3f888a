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

divided as (

    select distinct beside.indicator_id, beside.period_id
    from {{ ref('frozen__fct_indicator_annotation') }} as beside
    inner join {{ ref('frozen__dim_annotation') }} as annotation
        on beside.annotation_id = annotation.annotation_id and annotation.kind = 'break'
    where beside.is_beside_year_earlier_change

),

beside as (

    select
        latest.*,
        latest.count as numerator,
        indicator.short_name as indicator_name,
        indicator.domain,
        indicator.unit,
        indicator.polarity,
        indicator.value_type as cell_type,
        indicator.ci_method,
        area.area_name,
        county.value as county_value,
        england.value as england_value,
        earlier.period_id as earlier_period_id,
        earlier.value as earlier_value,
        earlier.count as earlier_numerator,
        earlier.denominator as earlier_denominator,
        coalesce(county.is_synthetic, false) or coalesce(earlier.is_synthetic, false) as is_beside_synthetic,
        divided.period_id is not null as is_earlier_divided
    from latest
    inner join indicator on latest.indicator_id = indicator.indicator_id
    inner join area on latest.area_code = area.area_code
    inner join period on latest.period_id = period.period_id
    left join divided on latest.indicator_id = divided.indicator_id and latest.period_id = divided.period_id
    left join figure as county
        on
            latest.indicator_id = county.indicator_id
            and latest.period_id = county.period_id
            and indicator.comparator_default = county.area_code
            and latest.comparison <> 'not_compared'
    left join {{ ref('frozen__benchmark') }} as england
        on
            england.area_code = 'E92000001'
            and latest.indicator_id = england.indicator_id
            and latest.period_id = england.period_id
            and {{ is_compared_with_england('indicator', 'area', 'latest') }}
    left join figure as earlier
        on
            -- Three years and the next three overlap in two.
            period.period_type <> 'three_financial_years'
            and latest.indicator_id = earlier.indicator_id
            and latest.area_code = earlier.area_code
            and period.year_earlier_period_id = earlier.period_id

),

compared as (

    select
        beside.*,
        {{ comparison_with('england_value') }} as comparison_england,
        coalesce({{ is_change_significant('beside', 'earlier') }}, false)
        and {{ change_in_words('value > earlier_value') }} = 'worse' as is_change_for_the_worse
    from beside

),

judged as (

    select
        *,
        comparison = 'worse' or comparison_england = 'worse' as is_worse,
        coalesce(trend like '%\_getting\_worse', false) or is_change_for_the_worse as is_worsening
    from compared

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
    england_value::double precision as england_value,
    trend,
    earlier_period_id as year_earlier_period_id,
    earlier_value as year_earlier_value,
    is_change_for_the_worse,
    release_id,
    is_synthetic or is_beside_synthetic as is_synthetic
from judged
where is_worse or is_worsening
