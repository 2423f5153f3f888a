-- A count of an area, and what it is divided by, is the sum of those of the districts in it, for the force with what is outside and
-- what has no place, wherever all of these are known and nothing was counted at another place of it, such as a hospital. Residents
-- are all in districts.
{{ config(group='figures') }}
-- depends_on: {{ ref('figure__touched') }}
with figure as (

    select
        value.indicator_id, value.area_code, value.period_id, each_measure.measure, each_measure.number,
        {{ is_of_residents() }} as is_of_residents
    from {{ ref('fct_indicator_value') }} as value
    inner join {{ ref('dim_indicator') }} as indicator on value.indicator_id = indicator.indicator_id
    cross join lateral {{ summed_measures('value') }}
    where {{ is_sum('indicator') }} and {{ is_total('value') }} and {{ is_tested('value') }}

),

member as (

    select
        area_member.area_code, area_member.leaf_code, leaf.area_type in ('district', 'unplaced') as is_part,
        leaf.area_type = 'district' as is_district
    from {{ ref('area_member') }} as area_member
    inner join {{ ref('dim_area') }} as leaf on area_member.leaf_code = leaf.area_code
    inner join {{ ref('dim_area') }} as whole on area_member.area_code = whole.area_code
    where whole.area_type in ('upper_tier', 'police_division', 'county_14', 'police_force')

),

counted_elsewhere as (

    select distinct counted.indicator_id, member.area_code
    from (select distinct indicator_id, area_code from {{ ref('indicator_count') }}) as counted
    inner join member on counted.area_code = member.leaf_code
    where not member.is_part

),

added as (

    select
        part.indicator_id, member.area_code, part.period_id, part.measure, part.is_of_residents, count(*) as parts,
        sum(part.number) as number
    from figure as part
    inner join member on part.area_code = member.leaf_code and member.is_part
    where part.number is not null and (member.is_district or not part.is_of_residents)
    group by part.indicator_id, member.area_code, part.period_id, part.measure, part.is_of_residents

)

select whole.indicator_id, whole.area_code, whole.period_id, whole.measure, whole.number, added.number as of_parts
from figure as whole
inner join added
    on
        whole.indicator_id = added.indicator_id
        and whole.area_code = added.area_code
        and whole.period_id = added.period_id
        and whole.measure = added.measure
inner join (
    select area_code, count(*) as parts, count(*) filter (where is_district) as districts from member
    where is_part
    group by area_code
) as needed
    on
        whole.area_code = needed.area_code
        and added.parts = case when whole.is_of_residents then needed.districts else needed.parts end
where
    whole.number <> added.number
    and not exists (
        select from counted_elsewhere
        where
            counted_elsewhere.indicator_id = whole.indicator_id
            and counted_elsewhere.area_code = whole.area_code
            and not whole.is_of_residents
    )
