with assessment as (

    select * from {{ ref('stg_cin_census__assessment') }}

),

child as (

    select * from {{ ref('stg_cin_census__child') }}

),

supplier as (

    select * from {{ ref('supplier') }}

),

-- An assessment that was authorised after the year comes again in the next year's census and counts there.
completed as (

    select
        submission_id,
        supplier,
        child_pid,
        referred_on,
        known_from_on,
        known_until_on,
        is_synthetic,
        min(row_number) as row_number,
        min(authorised_on) as first_authorised_on,
        string_to_array(string_agg(factors, ' '), ' ') as factors
    from assessment
    where authorised_on between period_start_on and period_end_on and trim(factors) <> ''
    group by submission_id, supplier, child_pid, referred_on, known_from_on, known_until_on, is_synthetic

),

aged as (

    select
        completed.*,
        child.sex_code,
        child.ethnicity_code,
        {{ age_in_month('child.birth_month_on', 'completed.first_authorised_on') }} as age
    from completed
    left join child on completed.submission_id = child.submission_id and completed.child_pid = child.child_pid

),

final as (

    select
        aged.submission_id,
        aged.row_number,
        aged.child_pid,
        supplier.area_code,
        date_trunc('month', aged.first_authorised_on)::date as month_on,
        aged.referred_on,
        {{ child_groups('aged') }},
        aged.factors && array['3A', '3B', '3C'] as has_domestic_abuse,
        aged.factors && array['13A'] as has_gangs,
        aged.factors && array['11A'] as has_sexual_exploitation,
        aged.factors && array['24A'] as has_criminal_exploitation,
        aged.known_from_on,
        aged.known_until_on,
        aged.is_synthetic
    from aged
    left join supplier on aged.supplier = supplier.supplier

)

select * from final
