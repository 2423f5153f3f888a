with release as (

    select * from {{ source('ops', 'release_in_force') }}

),

submission as (

    select
        used.release_id,
        count(*) as submission_count,
        count(*) filter (where delivery.status = 'withdrawn') as withdrawn_count
    from {{ source('ops', 'release_submission') }} as used
    inner join {{ source('ops', 'submission') }} as delivery on used.submission_id = delivery.submission_id
    group by used.release_id

),

indicator as (

    select release_id, count(*) as indicator_count
    from {{ source('ops', 'release_indicator') }}
    group by release_id

)

select
    release.release_id,
    release.release_number,
    release.released_at,
    lag(release.release_id) over (order by release.release_number) as previous_release_id,
    release.git_revision,
    release.note,
    submission.submission_count,
    submission.withdrawn_count,
    indicator.indicator_count,
    release.is_synthetic,
    release.as_of
from release
left join submission on release.release_id = submission.release_id
left join indicator on release.release_id = indicator.release_id
