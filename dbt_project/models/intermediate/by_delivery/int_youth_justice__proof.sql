with offence as (

    select * from {{ ref('stg_yot_caseload__offence') }}

),

outcome as (

    select * from {{ ref('stg_yot_caseload__outcome') }}

),

child as (

    select * from {{ ref('int_youth_justice__child') }}

),

-- An offence is proven by a caution or a court disposal.
final as (

    -- Two outcomes of a day prove it no more than one.
    select distinct
        offence.submission_id,
        offence.row_number,
        offence.supplier,
        offence.child_pid,
        offence.offence_pid,
        offence.offence_on,
        offence.offence_category_code,
        offence.gravity,
        outcome.outcome_on,
        offence.known_from_on,
        offence.known_until_on,
        offence.is_synthetic,
        child.area_code,
        child.has_district,
        child.sex,
        child.ethnicity,
        greatest({{ age_in_month('child.birth_month_on', 'offence.offence_on') }}, 10) as age
    from offence
    inner join outcome on offence.submission_id = outcome.submission_id and offence.offence_pid = outcome.offence_pid
    inner join child on offence.submission_id = child.submission_id and offence.child_pid = child.child_pid
    where
        {{ is_substantive_outcome('outcome') }}
        and {{ is_from_10_to_17('child', 'offence.offence_on') }}

)

select * from final
