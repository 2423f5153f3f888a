-- A count of a period is the sum of those of its parts, wherever all of these are known.
with figure as (

    select
        value.indicator_id, value.area_code, value.period_id, value.sex, value.age_band, value.ethnicity, value.imd_quintile,
        value.count
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_indicator') }} as indicator on value.indicator_id = indicator.indicator_id
    where {{ is_sum('indicator') }}

),

part_of as (

    select part.period_id as part_id, part.period_type as part_type, whole.period_id
    from {{ ref('dim_period') }} as part
    inner join {{ ref('dim_period') }} as whole on part.start_on >= whole.start_on and part.end_on <= whole.end_on
    where (part.period_type, whole.period_type) in (
        ('month', 'quarter'), ('month', 'financial_year'), ('month', 'rolling_12_months'), ('quarter', 'financial_year')
    )

),

added as (

    select
        part.indicator_id, part.area_code, part_of.period_id, part_of.part_type, part.sex, part.age_band, part.ethnicity,
        part.imd_quintile, sum(part.count) as count
    from figure as part
    inner join part_of on part.period_id = part_of.part_id
    group by
        part.indicator_id, part.area_code, part_of.period_id, part_of.part_type, part.sex, part.age_band, part.ethnicity,
        part.imd_quintile
    having count(part.count) = count(*)

)

select indicator_id, area_code, period_id, part_type, sex, age_band, ethnicity, imd_quintile, whole.count, added.count as of_parts
from figure as whole
inner join added using (indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile)
where whole.count <> added.count
