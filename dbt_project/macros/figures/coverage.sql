{# Of figures that others counted (`counted_by: source`): whether a source says a number for every part of an area. What no source
   says is not known, and is no nought. #}
{% macro coverage(known=none) -%}
{%- set of = "counted_by = 'source'" -%}
with reported as (

    select distinct
        counts.indicator_id,
        period.period_id,
        inside.area_code,
        part.leaf_code as district_code
    from {{ ref('indicator_count') }} as counts
    inner join {{ indicators_of(known, of) }} as indicator on counts.indicator_id = indicator.indicator_id
    inner join {{ periods_of(known) }} as period
        on
            period.period_type = any(indicator.period_types)
            {{ and_is_touched(known) }}
            and {{ is_month_of('counts.month_on', 'period', 'indicator') }}
    -- An authority may be reported by itself or by its districts; what it says of itself says nothing of a district.
    inner join {{ ref('area_member') }} as inside on counts.area_code = inside.leaf_code
    inner join {{ ref('area_member') }} as part on counts.area_code = part.area_code
    where
        counts.known_from_on <= {{ day_of(known) }}
        and counts.known_until_on > {{ day_of(known) }}

),

district as (

    select member.area_code, member.leaf_code as district_code
    from {{ ref('area_member') }} as member
    inner join {{ ref('dim_area') }} as leaf on member.leaf_code = leaf.area_code and leaf.area_type = 'district'

)

select
    indicator.indicator_id,
    district.area_code,
    period.period_id,
    count(reported.district_code) > 0 as is_begun,
    count(reported.district_code) = count(*) as is_whole
from {{ indicators_of(known, of) }} as indicator
inner join {{ periods_of(known) }} as period on period.period_type = any(indicator.period_types) {{ and_is_touched(known) }}
cross join district
left join reported
    on
        indicator.indicator_id = reported.indicator_id
        and period.period_id = reported.period_id
        and district.area_code = reported.area_code
        and district.district_code = reported.district_code
group by indicator.indicator_id, district.area_code, period.period_id
{%- endmacro %}


{# Whether a month's count belongs to a period. Sources pool years themselves: their figure of three years stands in the last. #}
{% macro is_month_of(month, period, indicator) -%}
    {{ month }} between {{ first_day_counted(period, indicator) }} and {{ period }}.end_on
{%- endmacro %}

{% macro first_day_counted(period, indicator) -%}
    case
        when {{ indicator }}.counted_by = 'source'
            then greatest({{ period }}.start_on, ({{ period }}.end_on + 1 - interval '1 year')::date)
        else {{ period }}.start_on
    end
{%- endmacro %}
