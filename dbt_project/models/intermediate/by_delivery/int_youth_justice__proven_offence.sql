with day as (

    {{ knowledge_days(['yot_caseload']) }}

),

proof as (

    select * from {{ ref('int_youth_justice__proof') }}

),

person as (

    select * from {{ ref('int_youth_justice__person') }}

),

known as (

    {{ on_days_known('proof', person=true) }}

),

-- Of a team's rows of an offence, which may come every quarter, the one that first proved it.
of_team as (

    select distinct on (day_from_on, supplier, offence_pid) *
    from known
    order by day_from_on, supplier, offence_pid, outcome_on, submission_id, row_number

),

numbered as (

    select
        *,
        row_number() over (
            partition by day_from_on, person_pid, supplier, offence_on, offence_category_code
            order by offence_pid
        ) as place
    from of_team

),

-- Teams number offences for themselves: a child's first offence of a day and category on one list is the first on the other.
once as (

    select distinct on (day_from_on, person_pid, offence_on, offence_category_code, place) *
    from numbered
    order by
        day_from_on, person_pid, offence_on, offence_category_code, place, outcome_on, not has_district, supplier,
        submission_id, row_number

),

span as (

    {{ spans_of_days('once', [
        'submission_id', 'row_number', 'person_pid', 'offence_on', 'offence_category_code', 'gravity', 'outcome_on', 'is_synthetic',
        'area_code', 'sex', 'ethnicity', 'age',
    ]) }}

),

final as (

    select
        submission_id,
        row_number,
        person_pid,
        area_code,
        date_trunc('month', outcome_on)::date as month_on,
        offence_on,
        outcome_on as proven_on,
        offence_category_code,
        gravity,
        coalesce(gravity >= 5, false)
        and offence_category_code in ('Violence against the person', 'Robbery', 'Drugs') as is_serious_violence,
        age,
        {{ age_band('age') }} as age_band,
        sex,
        ethnicity,
        'unknown' as imd_quintile,
        known_from_on,
        known_until_on,
        is_synthetic
    from span

)

select * from final
