with marked as (

    select distinct indicator_id, annotation_id from {{ ref('frozen__fct_indicator_annotation') }}

),

annotation as (

    select * from {{ ref('frozen__dim_annotation') }}
    -- What is not verified is for analysts, who read the marts.
    where is_verified

)

select
    marked.indicator_id,
    annotation.annotation_id,
    annotation.kind,
    annotation.starts_on,
    annotation.ends_on,
    annotation.annotation,
    annotation.source,
    annotation.is_verified
from marked
inner join annotation on marked.annotation_id = annotation.annotation_id
