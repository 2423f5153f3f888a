{{ config(indexes=[{'columns': ['area_code', 'period_id']}, {'columns': ['indicator_id', 'period_id']}]) }}

-- Only what was released, and of that only what disclosure control lets through: a figure without a decision has no numbers.
with release as (

    select release_id from {{ source('ops', 'release') }}
    order by release_number desc
    limit 1

),

figure as (

    select * from {{ source('ops', 'release_value') }}
    where release_id = (select release_id from release)

),

decision as (

    select * from {{ source('ops', 'release_decision') }}
    where release_id = (select release_id from release)

),

decided as (

    select
        figure.indicator_id,
        figure.area_code,
        figure.period_id,
        figure.sex,
        figure.age_band,
        figure.ethnicity,
        figure.imd_quintile,
        decision.count,
        decision.denominator,
        decision.value,
        decision.lower_ci_95,
        decision.upper_ci_95,
        decision.lower_ci_998,
        decision.upper_ci_998,
        decision.method,
        coalesce(decision.comparison, 'not_compared') as comparison,
        decision.trend,
        case
            when figure.count is not null and coalesce(decision.decision, '') <> 'publish' then 'suppressed'
            -- Of what the rounded count may stand for, some has no value.
            when figure.value is not null and decision.value is null then 'not_applicable'
            else figure.status
        end as status,
        figure.population_vintage,
        figure.population_basis,
        figure.release_id,
        figure.is_synthetic
    from figure
    left join decision
        on
            figure.indicator_id = decision.indicator_id
            and figure.area_code = decision.area_code
            and figure.period_id = decision.period_id
            and {{ is_same_cell('figure', 'decision') }}

),

-- Of what is released only: beside a count that is hidden the share of those without a place would tell of it.
placed as (

    select
        decided.indicator_id,
        decided.period_id,
        decided.area_code,
        case when indicator.value_type in ('proportion', 'mean') then decided.denominator else decided.count end as events
    from decided
    inner join {{ ref('frozen__dim_indicator') }} as indicator on decided.indicator_id = indicator.indicator_id
    where decided.area_code in ('E23000003', 'UNK') and {{ is_total('decided') }}

),

unlocated as (

    select
        force.indicator_id,
        force.period_id,
        (unknown.events / nullif(force.events, 0))::double precision as share
    from placed as force
    inner join placed as unknown
        on
            force.indicator_id = unknown.indicator_id
            and force.period_id = unknown.period_id
            and unknown.area_code = 'UNK'
    where force.area_code = 'E23000003'

),

final as (

    select
        decided.*,
        unlocated.share as unlocated_share
    from decided
    left join unlocated on decided.indicator_id = unlocated.indicator_id and decided.period_id = unlocated.period_id

)

select * from final
