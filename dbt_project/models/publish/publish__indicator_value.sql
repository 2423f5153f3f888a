{{ config(indexes=[{'columns': ['area_code', 'period_id']}, {'columns': ['indicator_id', 'period_id']}]) }}

-- Only what was released, and of that only what disclosure control lets through: a figure without a decision has no numbers.
with release as (

    select release_id from {{ source('ops', 'release') }}
    order by released_at desc
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

final as (

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

)

select * from final
