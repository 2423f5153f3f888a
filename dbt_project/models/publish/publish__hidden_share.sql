with figure as (

    select * from {{ ref('publish__indicator_value') }}
    where status in ('ok', 'suppressed')

),

indicator as (

    select * from {{ ref('publish__indicator') }}

),

area as (

    select * from {{ ref('publish__area') }}

),

period as (

    select * from {{ ref('publish__period') }}

),

level as (

    select
        indicator.suppression_policy,
        area.area_type,
        period.period_type,
        ({{ is_total('figure') }}) is not true as is_group,
        figure.status,
        figure.release_id
    from figure
    inner join indicator on figure.indicator_id = indicator.indicator_id
    inner join area on figure.area_code = area.area_code
    inner join period on figure.period_id = period.period_id

)

select
    suppression_policy,
    area_type,
    period_type,
    is_group,
    count(*)::integer as figure_count,
    (count(*) filter (where status = 'suppressed'))::integer as hidden_count,
    {{ as_numeric("(count(*) filter (where status = 'suppressed'))::double precision / count(*)") }} as hidden_share,
    max(release_id) as release_id
from level
group by suppression_policy, area_type, period_type, is_group
