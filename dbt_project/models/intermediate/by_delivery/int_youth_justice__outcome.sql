with day as (

    {{ knowledge_days(['yot_caseload']) }}

),

outcome as (

    select * from {{ ref('stg_yot_caseload__outcome') }}

),

offence as (

    select * from {{ ref('stg_yot_caseload__offence') }}

),

child as (

    select * from {{ ref('int_youth_justice__child') }}

),

person as (

    select * from {{ ref('int_youth_justice__person') }}

),

-- Cautions and court disposals of children from 10 to 17. An outcome of an offence that was set aside, or was committed
-- before the month of the tenth birthday, counts for nothing.
substantive as (

    select
        outcome.submission_id,
        outcome.row_number,
        outcome.supplier,
        outcome.child_pid,
        outcome.outcome_on,
        outcome.known_from_on,
        outcome.known_until_on,
        outcome.is_synthetic,
        child.area_code,
        child.has_district,
        child.sex,
        child.ethnicity,
        greatest({{ age_in_month('child.birth_month_on', 'outcome.outcome_on') }}, 10) as age,
        coalesce(outcome.is_first, false) as is_first,
        outcome.outcome_type_code in ('dto', 's250', 's91', 'extended') as is_custody
    from outcome
    inner join child on outcome.submission_id = child.submission_id and outcome.child_pid = child.child_pid
    left join offence on outcome.submission_id = offence.submission_id and outcome.offence_pid = offence.offence_pid
    where
        {{ is_substantive_outcome('outcome') }}
        and {{ is_from_10_to_17('child', 'outcome.outcome_on') }}
        and (outcome.offence_pid is null or {{ is_from_10_to_17('child', 'offence.offence_on') }})

),

known as (

    {{ on_days_known('substantive', person=true) }}

),

-- What one child was given on one day is one outcome, whatever the number of offences and of teams that list it.
once as (

    select distinct on (day_from_on, person_pid, outcome_on)
        submission_id,
        row_number,
        supplier,
        person_pid,
        outcome_on,
        is_synthetic,
        area_code,
        sex,
        ethnicity,
        age,
        bool_or(is_first) over one as is_first,
        bool_or(is_custody) over one as is_custody,
        day_from_on,
        day_until_on
    from known
    window one as (partition by day_from_on, person_pid, outcome_on)
    order by day_from_on, person_pid, outcome_on, not has_district, supplier, submission_id, row_number

),

-- A child enters once: with an outcome that the team calls the first, and before which no team knows another.
entered as (

    select
        *,
        is_first and row_number() over (partition by day_from_on, person_pid order by outcome_on) = 1 as is_first_entry
    from once

),

span as (

    {{ spans_of_days('entered', [
        'submission_id', 'row_number', 'supplier', 'person_pid', 'outcome_on', 'is_synthetic', 'area_code', 'sex', 'ethnicity', 'age',
        'is_first_entry', 'is_custody',
    ]) }}

),

final as (

    select
        submission_id,
        row_number,
        supplier,
        person_pid,
        area_code,
        date_trunc('month', outcome_on)::date as month_on,
        outcome_on,
        age,
        {{ age_band('age') }} as age_band,
        sex,
        ethnicity,
        'unknown' as imd_quintile,
        is_first_entry,
        is_custody,
        known_from_on,
        known_until_on,
        is_synthetic
    from span

)

select * from final
