with submission as (

    select * from {{ source('ops', 'submission') }}
    where status in ('accepted', 'superseded')

),

broken as (

    select submission_id, count(*) as rules_broken
    from {{ source('ops', 'validation_result') }}
    where not is_success
    group by submission_id

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

-- Published elsewhere, or of no persons: every indicator that is made of it says so. Of any other the rows of a file are a
-- count that no release may give.
open_feed as (

    select used.feed
    from indicator
    cross join unnest(indicator.feeds) as used (feed)
    group by used.feed
    having bool_and(indicator.suppression_policy = 'none')

),

judged as (

    select
        submission.*,
        open_feed.feed is not null as is_exact,
        {{ as_numeric('submission.rows_accepted::double precision / nullif(submission.rows_in_file, 0)') }} as share
    from submission
    left join open_feed on submission.feed = open_feed.feed

)

select
    judged.submission_id,
    judged.feed,
    judged.supplier,
    judged.period_start as period_start_on,
    judged.period_end as period_end_on,
    judged.status,
    {% for name in ('rows_in_file', 'rows_accepted', 'rows_quarantined', 'rows_duplicate', 'rows_warned') -%}
    case when judged.is_exact then judged.{{ name }} end as {{ name }},
    {% endfor -%}
    case
        when judged.rows_in_file < 100 then 'fewer than 100'
        when judged.rows_in_file < 1000 then '100 to 999'
        when judged.rows_in_file < 10000 then '1,000 to 9,999'
        when judged.rows_in_file >= 10000 then '10,000 or more'
    end as rows_band,
    case
        when judged.is_exact then judged.share
        -- Without a share of its own a nil return would be told from a file of a few rows.
        when judged.share >= 0.95 or judged.rows_in_file = 0 then 0.95
        when judged.share >= 0.8 then 0.8
        when judged.share >= 0.5 then 0.5
        when judged.share >= 0 then 0
    end as accepted_share,
    judged.is_exact,
    coalesce(broken.rules_broken, 0) as rules_broken,
    judged.is_synthetic
from judged
left join broken on judged.submission_id = broken.submission_id
