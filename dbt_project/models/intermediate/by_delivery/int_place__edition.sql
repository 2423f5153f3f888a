{{ config(materialized='view') }}

-- The index and the lookup that ship serve until a newer one is delivered.
with edition as (

    select
        'deprivation' as reference,
        {{ var('imd_vintage') }} as edition,
        0 as submission_id,
        {{ start_of_time() }} as known_from_on,
        {{ end_of_time() }} as known_until_on
    union all
    select 'lookup', {{ var('lookup_edition') }}, 0, {{ start_of_time() }}, {{ end_of_time() }}
    union all
    select distinct 'deprivation', edition, submission_id, known_from_on, known_until_on
    from {{ ref('stg_reference_deprivation__area') }}
    union all
    select distinct 'lookup', edition, submission_id, known_from_on, known_until_on
    from {{ ref('stg_reference_lookup__area') }}

),

-- No day is later than the one on which the home lives.
known as (

    select * from edition
    where known_from_on <= {{ var('as_of') }}

),

day as (

    select
        known_from_on as day_from_on,
        lead(known_from_on, 1, {{ end_of_time() }}) over (order by known_from_on) as day_until_on
    from (
        select known_from_on from known
        union
        select known_until_on from known
        where not {{ is_known_today() }}
    ) as changed

),

-- One edition a day, the newest that was known; of two files of one edition the one that came last.
chosen as (

    select distinct on (day.day_from_on, known.reference)
        day.day_from_on,
        day.day_until_on,
        known.reference,
        known.edition,
        known.submission_id
    from day
    inner join known on day.day_from_on >= known.known_from_on and day.day_from_on < known.known_until_on
    order by day.day_from_on, known.reference, known.edition desc, known.submission_id desc

),

final as (

    select
        day_from_on,
        day_until_on,
        max(edition) filter (where reference = 'deprivation') as deprivation_edition,
        max(submission_id) filter (where reference = 'deprivation') as deprivation_submission_id,
        max(edition) filter (where reference = 'lookup') as lookup_edition,
        max(submission_id) filter (where reference = 'lookup') as lookup_submission_id
    from chosen
    group by day_from_on, day_until_on

)

select * from final
