with outcome as (

    select * from {{ ref('stg_ssda903__oc2') }}

),

episode as (

    select * from {{ ref('stg_ssda903__episodes') }}
    where legal_status_code not in ('V3', 'V4')

),

child as (

    select * from {{ ref('stg_ssda903__header') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- Looked after on every day of the year: the episodes, of which the next begins on the day on which one ends, leave no gap.
cohort as (

    select submission_id, child_pid
    from episode
    where ended_on is null or ended_on > started_on
    group by submission_id, child_pid, period_start_on, period_end_on
    having range_agg(daterange(started_on, ended_on)) @> daterange(period_start_on, period_end_on, '[]')

),

aged as (

    select
        outcome.*,
        child.sex_code,
        child.ethnicity_code,
        {{ age_at_month_end('outcome.birth_month_on', 'outcome.period_end_on') }} as age
    from outcome
    inner join cohort on outcome.submission_id = cohort.submission_id and outcome.child_pid = cohort.child_pid
    left join child on outcome.submission_id = child.submission_id and outcome.child_pid = child.child_pid

),

final as (

    select
        aged.submission_id,
        aged.row_number,
        aged.child_pid,
        supplier.area_code,
        date_trunc('month', aged.period_end_on)::date as month_on,
        {{ child_groups('aged') }},
        aged.is_convicted,
        aged.has_substance_misuse,
        aged.sdq_score,
        coalesce(aged.age between 10 and 17, false) as is_10_to_17,
        coalesce(aged.age between 5 and 16, false) as is_5_to_16,
        aged.known_from_on,
        aged.known_until_on,
        aged.is_synthetic
    from aged
    left join supplier on aged.supplier = supplier.supplier

)

select * from final
