-- From a figure to the files it was made of: ops.submission has each one's name and sha256, raw its rows by number.
with indicator as (

    select * from {{ ref('dim_indicator') }}

),

period as (

    select * from {{ ref('dim_period') }}

),

submission as (

    select * from {{ source('ops', 'counted_submission') }}
    where is_ever_known

),

final as (

    select
        indicator.indicator_id,
        period.period_id,
        submission.submission_id,
        submission.feed,
        submission.supplier,
        submission.known_from_on,
        submission.known_until_on,
        {{ is_known_today('submission') }} as is_current
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
    inner join submission on {{ may_rest_on('indicator', 'period', 'submission') }}

)

select * from final
