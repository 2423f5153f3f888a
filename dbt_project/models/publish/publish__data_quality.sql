with frozen as (

    select * from {{ ref('frozen__fct_delivery_quality') }}

)

select
    submission_id,
    feed,
    supplier,
    period_start_on,
    period_end_on,
    status,
    rows_in_file,
    rows_accepted,
    rows_quarantined,
    rows_duplicate,
    rows_warned,
    rows_band,
    accepted_share,
    is_exact,
    rules_broken,
    is_synthetic
from frozen
