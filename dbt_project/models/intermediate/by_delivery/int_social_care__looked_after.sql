with episode as (

    select * from {{ ref('stg_ssda903__episodes') }}

),

child as (

    select * from {{ ref('stg_ssda903__header') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- Short breaks (V3, V4) are respite and do not make a child looked after. An episode that ended on 31 March is over; what
-- followed it on the same day is not.
looked_after as (

    select distinct on (episode.submission_id, episode.child_pid)
        episode.*,
        child.birth_month_on,
        child.sex_code,
        child.ethnicity_code
    from episode
    left join child on episode.submission_id = child.submission_id and episode.child_pid = child.child_pid
    where
        episode.legal_status_code not in ('V3', 'V4')
        and episode.started_on <= episode.period_end_on
        and (episode.ended_on is null or episode.ended_on > episode.period_end_on)
    order by episode.submission_id, episode.child_pid, episode.started_on, episode.row_number

),

aged as (

    select
        *,
        {{ age_at_month_end('birth_month_on', 'period_end_on') }} as age
    from looked_after

),

final as (

    select
        aged.submission_id,
        aged.row_number,
        aged.child_pid,
        supplier.area_code,
        date_trunc('month', aged.period_end_on)::date as month_on,
        {{ child_groups('aged') }},
        aged.legal_status_code,
        aged.placement_code,
        aged.known_from_on,
        aged.known_until_on,
        aged.is_synthetic
    from aged
    left join supplier on aged.supplier = supplier.supplier

)

select * from final
