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

    select * from {{ ref('stg_yot_caseload__child') }}

),

person as (

    select * from {{ ref('int_youth_justice__person') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

district as (

    select area_code from {{ ref('area') }}
    where area_type = 'district'

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
        coalesce(district.area_code, supplier.area_code) as area_code,
        district.area_code is not null as has_district,
        child.sex_code,
        child.ethnicity_code,
        greatest({{ age_in_month('child.birth_month_on', 'outcome.outcome_on') }}, 10) as age,
        coalesce(outcome.is_first, false) as is_first,
        outcome.outcome_type_code in ('dto', 's250', 's91', 'extended') as is_custody
    from outcome
    inner join child on outcome.submission_id = child.submission_id and outcome.child_pid = child.child_pid
    left join offence on outcome.submission_id = offence.submission_id and outcome.offence_pid = offence.offence_pid
    left join district on child.lad_code = district.area_code
    left join supplier on outcome.supplier = supplier.supplier
    where
        {{ is_substantive_outcome('outcome') }}
        and {{ months_between('child.birth_month_on', 'outcome.outcome_on') }} between 120 and 216
        and (
            outcome.offence_pid is null
            or {{ months_between('child.birth_month_on', 'offence.offence_on') }} between 120 and 216
        )

),

known as (

    select
        substantive.*,
        person.person_pid,
        day.known_from_on as day_from_on,
        day.known_until_on as day_until_on
    from substantive
    inner join day
        on substantive.known_from_on <= day.known_from_on and substantive.known_until_on > day.known_from_on
    inner join person
        on
            substantive.child_pid = person.child_pid
            and day.known_from_on >= person.known_from_on
            and day.known_from_on < person.known_until_on

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
        sex_code,
        ethnicity_code,
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

    select
        submission_id,
        row_number,
        supplier,
        person_pid,
        outcome_on,
        is_synthetic,
        area_code,
        sex_code,
        ethnicity_code,
        age,
        is_first_entry,
        is_custody,
        unnest(range_agg(daterange(day_from_on, day_until_on))) as days
    from entered
    group by
        submission_id, row_number, supplier, person_pid, outcome_on, is_synthetic, area_code, sex_code, ethnicity_code,
        age, is_first_entry, is_custody

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
        {{ sex_group('sex_code') }} as sex,
        {{ ethnic_group('ethnicity_code') }} as ethnicity,
        'unknown' as imd_quintile,
        is_first_entry,
        is_custody,
        lower(days) as known_from_on,
        upper(days) as known_until_on,
        is_synthetic
    from span

)

select * from final
