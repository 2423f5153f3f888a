with answer as (

    select * from {{ ref('stg_programme_surveys__answer') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

asked as (

    select
        *,
        -- A wave that gives one figure for everybody is not added to its own districts.
        bool_or(district_code is null) over (
            partition by submission_id, instrument, wave, lower(question), fieldwork_ended_on
        ) as has_whole
    from answer
    where lower(question) = 'lack_of_after_school_activities' and lower(answer) = 'yes'

),

counted as (

    select
        *,
        case
            when value_qualifier <> 'exact' or respondents is null then null
            when unit = 'percent' then round(respondents * value / 100)
            when unit = 'count' then value
        end as yes_count
    from asked
    where district_code is null or not has_whole

),

final as (

    select
        counted.submission_id,
        counted.row_number,
        coalesce(district.district_code, 'LANCS-14') as area_code,
        date_trunc('month', counted.fieldwork_ended_on)::date as month_on,
        counted.instrument,
        counted.wave,
        counted.yes_count as numerator,
        case when counted.yes_count is not null then counted.respondents end as denominator,
        counted.yes_count is not null as is_known,
        counted.known_from_on,
        counted.known_until_on,
        counted.is_synthetic
    from counted
    left join district on counted.district_code = district.district_code

)

select * from final
