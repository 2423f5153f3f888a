with plan as (

    select * from {{ ref('stg_cin_census__child_protection_plan') }}

),

child as (

    select * from {{ ref('stg_cin_census__child') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- A child counts once, whatever the number of plans.
open_plan as (

    select distinct on (plan.submission_id, plan.child_pid)
        plan.*,
        child.birth_month_on,
        child.sex_code,
        child.ethnicity_code
    from plan
    left join child on plan.submission_id = child.submission_id and plan.child_pid = child.child_pid
    where
        plan.started_on <= plan.period_end_on
        and (plan.ended_on is null or plan.ended_on > plan.period_end_on)
        and coalesce(child.death_month_on, plan.death_month_on, plan.period_end_on + 1) > plan.period_end_on
    order by plan.submission_id, plan.child_pid, plan.started_on, plan.row_number

),

aged as (

    select
        *,
        {{ age_at_month_end('birth_month_on', 'period_end_on') }} as age
    from open_plan

),

final as (

    select
        aged.submission_id,
        aged.row_number,
        aged.child_pid,
        supplier.area_code,
        date_trunc('month', aged.period_end_on)::date as month_on,
        {{ child_groups('aged') }},
        aged.known_from_on,
        aged.known_until_on,
        aged.is_synthetic
    from aged
    left join supplier on aged.supplier = supplier.supplier

)

select * from final
