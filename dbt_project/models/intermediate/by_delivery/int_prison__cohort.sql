with returned as (

    select
        *,
        -- A cohort without a number is told from others by its first session.
        prison || ' ' || coalesce(cohort, started_on::text, 'not begun') as cohort_key
    from {{ ref('stg_programme_prisons__activity') }}
    where activity_type = 'strength_inside_out'

),

-- A cohort comes in every quarter in which it runs or is planned.
version as (

    {{ versions_as_known('returned', 'cohort_key', 'period_start_on desc, submission_id desc, row_number desc') }}

),

final as (

    select
        submission_id,
        row_number,
        cohort_key,
        prison,
        date_trunc('month', coalesce(started_on, period_start_on))::date as month_on,
        started_on,
        ended_on,
        -- Men of a prison come from everywhere: its place says nothing of them.
        'LANCS-14' as area_code,
        starts,
        completes,
        ended_on is not null or completes > 0 or coalesce(is_completes_withheld, false) as is_concluded,
        version_from_on as known_from_on,
        version_until_on as known_until_on,
        is_starts_withheld,
        is_completes_withheld,
        is_synthetic
    from version

)

select * from final
