with annotation as (

    select * from {{ ref('annotation') }}

)

select annotation_id, kind, domain, indicator_ids, starts_on, ends_on, annotation, source, is_verified from annotation
