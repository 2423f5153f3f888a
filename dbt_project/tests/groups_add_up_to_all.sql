-- A count of all is the sum of those of the groups of a breakdown, wherever all of these are known.
with figure as (

    select
        value.indicator_id, value.area_code, value.period_id, value.count,
        case
            when value.sex <> 'all' then 'sex'
            when value.age_band <> 'all' then 'age_band'
            when value.ethnicity <> 'all' then 'ethnicity'
            when value.imd_quintile <> 'all' then 'imd_quintile'
        end as breakdown
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_indicator') }} as indicator on value.indicator_id = indicator.indicator_id
    where {{ is_sum('indicator') }}

),

added as (

    select indicator_id, area_code, period_id, breakdown, sum(count) as count
    from figure
    where breakdown is not null
    group by indicator_id, area_code, period_id, breakdown
    having count(count) = count(*)

)

select indicator_id, area_code, period_id, added.breakdown, whole.count, added.count as of_groups
from figure as whole
inner join added using (indicator_id, area_code, period_id)
where whole.breakdown is null and whole.count <> added.count
