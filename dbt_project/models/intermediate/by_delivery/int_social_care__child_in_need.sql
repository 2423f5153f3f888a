with episode as (

    select * from {{ ref('stg_cin_census__episode') }}

),

child as (

    select * from {{ ref('stg_cin_census__child') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- A child with several open episodes is one child. A child whose own row was set aside is still in need.
in_need as (

    select distinct on (episode.submission_id, episode.child_pid)
        episode.*,
        child.sex_code,
        child.ethnicity_code
    from episode
    left join child on episode.submission_id = child.submission_id and episode.child_pid = child.child_pid
    where
        not episode.is_no_further_action
        and episode.referred_on <= episode.period_end_on
        and (episode.closed_on is null or episode.closed_on > episode.period_end_on)
        and (child.death_month_on is null or child.death_month_on > episode.period_end_on)
    order by episode.submission_id, episode.child_pid, episode.referred_on, episode.row_number

),

aged as (

    select
        *,
        {{ age_at_month_end('birth_month_on', 'period_end_on') }} as age
    from in_need

),

final as (

    select
        aged.submission_id,
        aged.row_number,
        aged.child_pid,
        supplier.area_code,
        -- The census year is named by the year in which it ends; its 31 March is in the financial year of the same months.
        date_trunc('month', aged.period_end_on)::date as month_on,
        {{ child_groups('aged') }},
        aged.birth_month_on is null and aged.expected_birth_month_on is not null as is_unborn,
        aged.known_from_on,
        aged.known_until_on,
        aged.is_synthetic
    from aged
    left join supplier on aged.supplier = supplier.supplier

)

select * from final
