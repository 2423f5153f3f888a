with beside as (

    select * from {{ ref('frozen__fct_indicator_annotation') }}

),

-- The events that are published; one that is not verified is for analysts.
published as (

    select indicator_id, annotation_id from {{ ref('publish__indicator_annotation') }}

)

select
    beside.indicator_id,
    beside.period_id,
    beside.annotation_id,
    beside.is_beside_figure,
    beside.is_beside_year_earlier_change,
    beside.is_beside_baseline_comparison,
    beside.is_beside_trend
from beside
inner join published on beside.indicator_id = published.indicator_id and beside.annotation_id = published.annotation_id
-- Without the periods that the calendar leaves out.
inner join {{ ref('publish__period') }} as period on beside.period_id = period.period_id
