with period as (

    select * from {{ ref('frozen__dim_period') }}

),

-- A period tells something where it has a figure, or where a delivery failed.
told as (

    select period_id
    from {{ source('ops', 'release_value') }}
    where release_id = {{ latest_release() }}
    group by period_id
    having bool_or(value is not null or status in ('refused', 'incomplete'))

),

-- Periods before the first and after the last that tell something are left out, because a chart would begin or end with
-- them. Those between stay, because without them a chart draws a line over months that never came.
span as (

    select
        period.period_type,
        min(period.end_on) as first_end_on,
        max(period.end_on) as last_end_on
    from period
    inner join told on period.period_id = told.period_id
    group by period.period_type

),

shown as (

    select distinct period_id
    from {{ source('ops', 'release_decision') }}
    where release_id = {{ latest_release() }} and decision = 'publish' and value is not null

),

known as (

    select
        period.*,
        shown.period_id is not null as has_data
    from period
    inner join span
        on period.period_type = span.period_type and period.end_on between span.first_end_on and span.last_end_on
    left join shown on period.period_id = shown.period_id

),

measured as (

    select
        *,
        -- Days and not due months: those of an academic year are fewer.
        extract(year from age(end_on + 1, start_on))::integer * 12
        + extract(month from age(end_on + 1, start_on))::integer as length_in_months,
        extract(year from end_on - interval '3 months')::integer as financial_year_start
    from known

)

select
    measured.period_id,
    measured.period_type,
    measured.period_label,
    measured.start_on,
    measured.end_on,
    measured.start_on || '/P' || case
        when measured.length_in_months % 12 = 0 then measured.length_in_months / 12 || 'Y'
        else measured.length_in_months || 'M'
    end as iso_interval,
    measured.length_in_months,
    {{ financial_year('measured.financial_year_start') }} as financial_year,
    -- By the last day; of those that end on one day the longer comes later.
    to_char(measured.end_on, 'YYYYMMDD')::integer * 10 + array_position(
        array['month', 'quarter', 'rolling_12_months', 'financial_year', 'academic_year', 'three_financial_years'],
        measured.period_type
    ) as sort_key,
    measured.has_data,
    measured.has_data
    and measured.end_on = max(measured.end_on) filter (where measured.has_data) over same_type as is_latest,
    earlier.period_id as year_earlier_period_id
from measured
left join known as earlier on measured.year_earlier_period_id = earlier.period_id
window same_type as (partition by measured.period_type)
