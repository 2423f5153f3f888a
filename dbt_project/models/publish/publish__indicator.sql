with indicator as (

    select * from {{ ref('frozen__dim_indicator') }}

)

select
    indicator_id,
    name,
    short_name,
    domain,
    definition,
    rationale,
    numerator_def as numerator,
    denominator_def as denominator,
    unit,
    multiplier,
    polarity,
    value_type,
    -- A mean's limits tell what each person counts, so that disclosure control gives none.
    case when value_type = 'mean' and suppression_policy <> 'none' then 'none' else ci_method end as ci_method,
    suppression_policy,
    array_to_string(period_types, ', ') as period_types,
    array_to_string(geo_levels, ', ') as geo_levels,
    nullif(array_to_string(breakdowns, ', '), '') as breakdowns,
    array_to_string(feeds, ', ') as feeds,
    counting_date,
    source,
    public_code,
    caveats,
    owner,
    version::integer as version,
    breakdown_unit,
    comparator_default
from indicator
