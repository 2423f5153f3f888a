-- A count of all, and what it is divided by, is the sum of those of the groups of a breakdown, wherever all of these are known.
-- Residents are of no unknown group, and of peoples there are those of a census, who are no part of a mid-year estimate.
{{ config(group='figures') }}
-- depends_on: {{ ref('figure__touched') }}
with figure as (

    select
        value.indicator_id, value.area_code, value.period_id, value.population_vintage, each_measure.measure, each_measure.number,
        case
            when value.sex <> 'all' then 'sex'
            when value.age_band <> 'all' then 'age_band'
            when value.ethnicity <> 'all' then 'ethnicity'
            when value.imd_quintile <> 'all' then 'imd_quintile'
        end as breakdown,
        {{ is_of_residents() }} as is_of_residents
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_indicator') }} as indicator on value.indicator_id = indicator.indicator_id
    cross join lateral {{ summed_measures('value') }}
    where {{ is_sum('indicator') }} and {{ is_tested('value') }}

),

added as (

    select
        indicator_id, area_code, period_id, breakdown, measure, max(population_vintage) as population_vintage, sum(number) as number
    from figure
    where breakdown is not null
    group by indicator_id, area_code, period_id, breakdown, measure, is_of_residents
    having is_of_residents or count(number) = count(*)

)

select indicator_id, area_code, period_id, added.breakdown, measure, whole.number, added.number as of_groups
from figure as whole
inner join added using (indicator_id, area_code, period_id, measure)
where
    whole.breakdown is null
    and whole.number <> added.number
    and (not whole.is_of_residents or whole.population_vintage = added.population_vintage)
