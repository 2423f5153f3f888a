{%- set of_all = "'" ~ of_all_figures() ~ "' as feed, date '1900-01-01' as month_on" -%}
-- depends_on: {{ ref('indicator_count') }}
with counted as (

    select feed, month_on, concat_ws(' ', inputs, revision) as said from ops.built_month
    where model = 'indicator_count'

),

refused as (

    select
        submission.feed,
        month.month_on::date as month_on,
        concat_ws(' ', submission.submission_id, submission.received_at) as said
    from {{ source('ops', 'counted_submission') }} as submission
    cross join lateral
        generate_series(submission.period_start_on, submission.period_end_on, interval '1 month') as month (month_on)
    where submission.status = 'refused'

),

-- What is divided by: what was delivered of it, and what of it is known on the day on which the home lives.
reference as (

    select {{ of_all }}, concat_ws(' ', submission_id, attempt, known_from_on, known_until_on) as said
    from {{ ref('stg_ops__submission') }}
    where is_ever_known and feed in ('reference_population', 'reference_deprivation', 'reference_lookup')

),

population_year as (

    select {{ of_all }}, concat_ws(' ', year_of_period, population_vintage, mid_year, is_latest_there_is) as said
    from {{ ref('figure__population_year') }}

),

population as (

    select distinct {{ of_all }}, concat_ws(' ', population_vintage, mid_year, known_from_on, known_until_on) as said
    from {{ ref('dim_rate_population') }}
    where known_from_on <= {{ day_of_home(none) }} and known_until_on > {{ day_of_home(none) }}

),

period as (

    select {{ of_all }}, concat_ws(' ', min(start_on), max(end_on)) as said
    from {{ ref('dim_period') }}

),

every as (

    select * from counted
    union all
    select * from refused
    union all
    select * from reference
    union all
    select * from population_year
    union all
    select * from population
    union all
    select * from period

),

final as (

    select feed, month_on, md5(string_agg(said, ',' order by said)) as inputs
    from every
    group by feed, month_on

)

select * from final
