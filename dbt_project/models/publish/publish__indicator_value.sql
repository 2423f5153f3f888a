{{ config(indexes=[{'columns': ['area_code', 'period_id']}, {'columns': ['indicator_id', 'period_id']}]) }}

-- Only what was released, and of that only what disclosure control lets through: a figure without a decision has no numbers.
with figure as (

    select * from {{ source('ops', 'release_value') }}
    where release_id = {{ latest_release() }}

),

decision as (

    select * from {{ source('ops', 'release_decision') }}
    where release_id = {{ latest_release() }}

),

-- A release of before 1 December 2026 has the limits of such a mean, from which each person's number follows, and words that rest
-- on them. What is kept of a release nobody changes.
mean_of_persons as (

    select indicator_id
    from {{ ref('frozen__dim_indicator') }}
    where value_type = 'mean' and suppression_policy <> 'none'

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
        {{ as_numeric('decision.value') }} as value,
        {%- for name in ('lower_ci_95', 'upper_ci_95', 'lower_ci_998', 'upper_ci_998') %}
        case when mean_of_persons.indicator_id is null then {{ as_numeric('decision.' ~ name) }} end as {{ name }},
        {%- endfor %}
        case when mean_of_persons.indicator_id is null then decision.method end as method,
        case when mean_of_persons.indicator_id is null then coalesce(decision.comparison, 'not_compared') else 'not_compared' end
            as comparison,
        case when mean_of_persons.indicator_id is null or decision.trend is null then decision.trend else 'cannot_be_calculated' end
            as trend,
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
    left join mean_of_persons on figure.indicator_id = mean_of_persons.indicator_id

),

-- Of what is released only: beside a count that is hidden the share of those without a place would tell of it. Events
-- elsewhere and of no known place are told as part of the force alone.
placed as (

    select
        decided.indicator_id,
        decided.period_id,
        decided.area_code,
        case when indicator.value_type in ('proportion', 'mean') then decided.denominator else decided.count end as events
    from decided
    inner join {{ ref('frozen__dim_indicator') }} as indicator on decided.indicator_id = indicator.indicator_id
    where decided.area_code in ('E23000003', 'LANCS-14') and {{ is_total('decided') }}

),

unlocated as (

    select
        force.indicator_id,
        force.period_id,
        {{ as_numeric('((force.events - county.events) / nullif(force.events, 0))::double precision') }} as share
    from placed as force
    inner join placed as county
        on
            force.indicator_id = county.indicator_id
            and force.period_id = county.period_id
            and county.area_code = 'LANCS-14'
    where force.area_code = 'E23000003'

),

located as (

    select
        decided.*,
        unlocated.share as unlocated_share
    from decided
    left join unlocated on decided.indicator_id = unlocated.indicator_id and decided.period_id = unlocated.period_id

),

divided as (

    select distinct beside.indicator_id, beside.period_id
    from {{ ref('frozen__fct_indicator_annotation') }} as beside
    inner join {{ ref('frozen__dim_annotation') }} as annotation
        on beside.annotation_id = annotation.annotation_id and annotation.kind = 'break'
    where beside.is_beside_year_earlier_change

),

-- Beside what is shown of a year earlier and of England: a change from a hidden figure would tell of it.
beside as (

    select
        located.*,
        located.count as numerator,
        indicator.polarity,
        indicator.ci_method,
        {{ cell_type('indicator.value_type', 'not ' ~ is_total('located')) }} as cell_type,
        england.value as england_value,
        earlier.value as earlier_value,
        earlier.count as earlier_numerator,
        earlier.denominator as earlier_denominator,
        coalesce(earlier.is_synthetic, false) as is_earlier_synthetic,
        divided.period_id is not null as is_earlier_divided
    from located
    inner join {{ ref('frozen__dim_indicator') }} as indicator on located.indicator_id = indicator.indicator_id
    inner join {{ ref('publish__area') }} as area on located.area_code = area.area_code
    -- Without the periods that the calendar leaves out.
    inner join {{ ref('publish__period') }} as period on located.period_id = period.period_id
    left join divided on located.indicator_id = divided.indicator_id and located.period_id = divided.period_id
    left join {{ ref('frozen__benchmark') }} as england
        on
            located.status = 'ok'
            and england.area_code = 'E92000001'
            and located.indicator_id = england.indicator_id
            and located.period_id = england.period_id
            and {{ is_total('located') }}
            and {{ is_compared_with_england('indicator', 'area', 'located') }}
    left join located as earlier
        on
            located.status = 'ok'
            and earlier.status = 'ok'
            -- Three years and the next three overlap in two.
            and period.period_type <> 'three_financial_years'
            and located.indicator_id = earlier.indicator_id
            and located.area_code = earlier.area_code
            and period.year_earlier_period_id = earlier.period_id
            and {{ is_same_cell('located', 'earlier') }}

),

compared as (

    select
        *,
        {{ comparison_with('england_value') }} as comparison_england,
        {{ is_change_significant('beside', 'earlier') }} as is_changed,
        case
            when earlier_value <> 0 and not is_earlier_divided
                then round((value - earlier_value) / abs(earlier_value) * 100, 1)
        end as year_earlier_change_percent
    from beside

)

select
    indicator_id,
    area_code,
    period_id,
    sex,
    age_band,
    ethnicity,
    imd_quintile,
    count,
    denominator,
    value,
    lower_ci_95,
    upper_ci_95,
    lower_ci_998,
    upper_ci_998,
    method,
    comparison,
    england_value,
    comparison_england,
    earlier_value as year_earlier_value,
    year_earlier_change_percent,
    case
        when is_changed then {{ change_in_words('value > earlier_value') }}
        when not is_changed then 'similar'
        else 'not_compared'
    end as comparison_year_earlier,
    trend,
    status,
    population_vintage,
    population_basis,
    release_id,
    is_synthetic or is_earlier_synthetic as is_synthetic,
    unlocated_share
from compared
-- Where a row lies tells whoever reads only what is in it, and not that it was kept later than others, as a hidden count is
-- that was restated.
order by indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile
