with finding as (

    select * from {{ ref('finding') }}

),

indicator as (

    select * from {{ ref('dim_indicator') }}

),

county as (

    select distinct on (indicator_id)
        indicator_id, period_id, value, lower_ci_95, upper_ci_95, comparison_england, trend, status, is_synthetic
    from {{ ref('fct_indicator_value') }}
    where
        area_code = 'LANCS-14'
        and {{ is_total() }}
        and status = 'ok'
        and period_id ~ '^(AY)?\d{4}/\d{2}$'
    order by indicator_id, period_id desc

),

final as (

    select
        finding.finding_id,
        finding.finding,
        finding.claim_kind,
        finding.indicator_id,
        indicator.name as indicator_name,
        finding.evidence,
        finding.reason,
        county.period_id as latest_period_id,
        {{ as_numeric('county.value') }} as latest_value,
        {{ as_numeric('county.lower_ci_95') }} as latest_lower_ci_95,
        {{ as_numeric('county.upper_ci_95') }} as latest_upper_ci_95,
        county.comparison_england as latest_comparison_england,
        county.trend as latest_trend,
        finding.source,
        county.is_synthetic
    from finding
    left join indicator on finding.indicator_id = indicator.indicator_id
    left join county on finding.indicator_id = county.indicator_id

)

select * from final
