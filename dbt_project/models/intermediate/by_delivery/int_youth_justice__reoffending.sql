with day as (

    {{ knowledge_days(['yot_caseload']) }}

),

outcome as (

    select * from {{ ref('int_youth_justice__outcome') }}

),

proven_offence as (

    select * from {{ ref('int_youth_justice__proven_offence') }}

),

observed as (

    select * from {{ ref('int_youth_justice__window') }}

),

known as (

    {{ on_days_known('outcome') }}

),

-- A child is in a quarter's cohort once, with the first outcome of the quarter.
cohort as (

    select distinct on (day_from_on, person_pid, date_trunc('quarter', month_on)) *
    from known
    order by day_from_on, person_pid, date_trunc('quarter', month_on), outcome_on

),

-- Only when the window is over and every delivery of it is there: before, a child is neither a reoffender nor none.
followed as (

    select
        cohort.*,
        observed.month_on as closing_month_on
    from cohort
    inner join observed
        on
            cohort.supplier = observed.supplier
            and cohort.month_on = observed.cohort_month_on
            and cohort.day_from_on >= observed.known_from_on
            and cohort.day_from_on < observed.known_until_on

),

counted as (

    select
        followed.submission_id,
        followed.row_number,
        followed.person_pid,
        followed.outcome_on,
        followed.closing_month_on,
        followed.area_code,
        followed.age_band,
        followed.sex,
        followed.ethnicity,
        followed.imd_quintile,
        followed.is_synthetic,
        followed.day_from_on,
        followed.day_until_on,
        count(proven_offence.person_pid)::integer as reoffence_count
    from followed
    left join proven_offence
        on
            followed.person_pid = proven_offence.person_pid
            and followed.day_from_on >= proven_offence.known_from_on
            and followed.day_from_on < proven_offence.known_until_on
            and followed.outcome_on < proven_offence.offence_on
            and followed.outcome_on + interval '12 months' >= proven_offence.offence_on
            and followed.outcome_on + interval '18 months' >= proven_offence.proven_on
    group by
        followed.submission_id, followed.row_number, followed.person_pid, followed.outcome_on, followed.closing_month_on,
        followed.area_code, followed.age_band, followed.sex, followed.ethnicity, followed.imd_quintile,
        followed.is_synthetic, followed.day_from_on, followed.day_until_on

),

span as (

    {{ spans_of_days('counted', [
        'submission_id', 'row_number', 'person_pid', 'outcome_on', 'closing_month_on', 'area_code', 'age_band', 'sex', 'ethnicity',
        'imd_quintile', 'is_synthetic', 'reoffence_count',
    ]) }}

),

final as (

    select
        submission_id,
        row_number,
        person_pid,
        area_code,
        closing_month_on as month_on,
        outcome_on as cohort_on,
        age_band,
        sex,
        ethnicity,
        imd_quintile,
        reoffence_count,
        reoffence_count > 0 as has_reoffended,
        known_from_on,
        known_until_on,
        is_synthetic
    from span

)

select * from final
