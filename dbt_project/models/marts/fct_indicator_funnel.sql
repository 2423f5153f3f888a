{{ config(materialized='view') }}

with value as (

    select * from {{ ref('fct_indicator_value') }}
    where {{ is_total() }} and status = 'ok'

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

beside as (

    select
        value.*,
        indicator.value_type,
        indicator.multiplier::double precision as multiplier,
        benchmark.value as benchmark_value
    from value
    inner join indicator on value.indicator_id = indicator.indicator_id and indicator.ci_method <> 'none'
    inner join value as benchmark
        on
            value.indicator_id = benchmark.indicator_id
            and value.period_id = benchmark.period_id
            and indicator.comparator_default = benchmark.area_code
            and value.area_code <> benchmark.area_code
            and (value.numerator, value.denominator) is distinct from (benchmark.numerator, benchmark.denominator)
    inner join {{ ref('dim_area') }} as area on value.area_code = area.area_code
    where
        indicator.value_type in ('crude_rate', 'dsr', 'proportion')
        and area.area_type not in ('unplaced', 'police_force')
        and (area.area_type <> 'hospital_site' or indicator.finest_area = 'hospital_site')

),

-- Of a proportion: the limits within which an area of its size would lie if it were like the county. Of a rate: whether the
-- area's own interval holds the county's, which comes to the same.
limited as (

    select
        beside.*,
        funnel_95.lower * beside.multiplier as lower_limit_95,
        funnel_95.upper * beside.multiplier as upper_limit_95,
        funnel_998.lower * beside.multiplier as lower_limit_998,
        funnel_998.upper * beside.multiplier as upper_limit_998
    from beside
    {%- for level, share in (('95', '0.95'), ('998', '0.998')) %}
    left join lateral
        stats.funnel_proportion_limits(
            beside.benchmark_value / beside.multiplier, beside.denominator::double precision, {{ share }}
        ) as funnel_{{ level }}
        on beside.value_type = 'proportion'
    {%- endfor %}

),

final as (

    select
        indicator_id,
        area_code,
        period_id,
        denominator,
        value,
        benchmark_value,
        lower_limit_95,
        upper_limit_95,
        lower_limit_998,
        upper_limit_998,
        case
            when value_type = 'proportion' and value > upper_limit_998 then 'high_998'
            when value_type = 'proportion' and value > upper_limit_95 then 'high_95'
            when value_type = 'proportion' and value < lower_limit_998 then 'low_998'
            when value_type = 'proportion' and value < lower_limit_95 then 'low_95'
            when value_type <> 'proportion' and lower_ci_998 > benchmark_value then 'high_998'
            when value_type <> 'proportion' and lower_ci_95 > benchmark_value then 'high_95'
            when value_type <> 'proportion' and upper_ci_998 < benchmark_value then 'low_998'
            when value_type <> 'proportion' and upper_ci_95 < benchmark_value then 'low_95'
            else 'within'
        end as position,
        is_synthetic
    from limited

)

select * from final
