{{ config(pre_hook=hash_joins_only()) }}

-- From a figure to the files it was made of: ops.submission has each one's name and sha256, raw its rows by number.
-- Both are laid out by months and meet in the first month that they share, because by days each period
-- would be compared with each file.
with figure as (

    select
        indicator.indicator_id,
        indicator.feeds,
        indicator.looks_back_months,
        period.period_id,
        period.start_on,
        period.last_due_on,
        date_trunc('month', {{ first_day_rested_on('indicator', 'period') }})::date as first_month_on
    from {{ ref('dim_indicator') }} as indicator
    inner join {{ ref('dim_period') }} as period on period.period_type = any(indicator.period_types)

),

submission as (

    select *, date_trunc('month', period_start_on)::date as first_month_on
    from {{ source('ops', 'counted_submission') }}
    where is_ever_known

),

figure_month as materialized (

    select figure.*, feed, month_on::date as month_on
    from figure
    cross join lateral unnest(feeds) as feed
    cross join lateral generate_series(first_month_on, last_due_on, interval '1 month') as month_on

),

submission_month as materialized (

    select submission.*, month_on::date as month_on
    from submission
    cross join lateral generate_series(first_month_on, period_end_on, interval '1 month') as month_on

),

final as (

    select
        figure.indicator_id,
        figure.period_id,
        submission.submission_id,
        submission.feed,
        submission.supplier,
        submission.known_from_on,
        submission.known_until_on,
        {{ is_known_today('submission') }} as is_current
    from figure_month as figure
    inner join submission_month as submission
        on
            figure.feed = submission.feed
            and figure.month_on = submission.month_on
            and figure.month_on = greatest(figure.first_month_on, submission.first_month_on)
            and {{ may_rest_on('figure', 'figure', 'submission') }}

)

select * from final
