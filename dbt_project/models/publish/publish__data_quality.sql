with submission as (

    select * from {{ source('ops', 'submission') }}
    where status in ('accepted', 'superseded')

),

broken as (

    select submission_id, count(*) as rules_broken
    from {{ source('ops', 'validation_result') }}
    where not is_success
    group by submission_id

)

select
    submission.submission_id,
    submission.feed,
    submission.supplier,
    submission.period_start as period_start_on,
    submission.period_end as period_end_on,
    submission.status,
    submission.rows_in_file,
    submission.rows_accepted,
    submission.rows_quarantined,
    submission.rows_duplicate,
    submission.rows_warned,
    submission.rows_accepted::double precision / nullif(submission.rows_in_file, 0) as accepted_share,
    coalesce(broken.rules_broken, 0) as rules_broken,
    submission.is_synthetic
from submission
left join broken on submission.submission_id = broken.submission_id
