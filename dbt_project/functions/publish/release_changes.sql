{{ refuse_null('$1', 'publish.release_changes', 'the earlier release', "publish.release_changes(''2020-09-01'', ''2020-10-01'')") }}
{{ refuse_null('$2', 'publish.release_changes', 'the later release', "publish.release_changes(''2020-09-01'', ''2020-10-01'')") }}
{{ refuse_unknown(
    "select asked.id from (values ($1), ($2)) as asked (id) where asked.id not in (select release_id from "
    ~ source('ops', 'release') ~ ")",
    'publish.release_changes', 'release', 'publish.release'
) }}
return query
-- Of an incomplete figure a 0 is what the rows that serve give, and no count.
with earlier_value as (

    select *, case when status = 'incomplete' then nullif(count, 0) else count end as count_told
    from {{ source('ops', 'release_value') }}
    where release_id = $1

),

later_value as (

    select *, case when status = 'incomplete' then nullif(count, 0) else count end as count_told
    from {{ source('ops', 'release_value') }}
    where release_id = $2

),

-- What served in one of the two and not in the other.
exchanged as (

    select coalesce(before.submission_id, after.submission_id) as submission_id
    from (select submission_id from {{ source('ops', 'release_submission') }} where release_id = $1) as before
    full join (select submission_id from {{ source('ops', 'release_submission') }} where release_id = $2) as after
        on before.submission_id = after.submission_id
    where before.submission_id is null or after.submission_id is null

),

-- As either release defined it, though it was deleted since.
indicator as (

    select distinct kept.*
    from {{ source('ops', 'release_row') }} as release_row
    cross join lateral jsonb_populate_record(null::{{ ref('dim_indicator') }}, release_row.content) as kept
    where release_row.relation = 'dim_indicator' and release_row.release_id in ($1, $2)

),

period as (

    select distinct kept.*
    from {{ source('ops', 'release_row') }} as release_row
    cross join lateral jsonb_populate_record(null::{{ ref('dim_period') }}, release_row.content) as kept
    where release_row.relation = 'dim_period' and release_row.release_id in ($1, $2)

),

served as (

    select
        submission.submission_id,
        submission.feed,
        submission.period_start as period_start_on,
        submission.period_end as period_end_on
    from {{ source('ops', 'submission') }} as submission
    inner join exchanged on submission.submission_id = exchanged.submission_id

),

because as (

    select
        indicator.indicator_id,
        period.period_id,
        array_agg(distinct served.submission_id order by served.submission_id) as submission_ids
    from indicator
    inner join period on period.period_type = any(indicator.period_types)
    inner join served on {{ may_rest_on('indicator', 'period', 'served') }}
    group by indicator.indicator_id, period.period_id

),

-- Populations that were delivered: no figure of an indicator's own feeds rests on them.
population as (

    select array_agg(exchanged.submission_id order by exchanged.submission_id) as submission_ids
    from exchanged
    inner join {{ source('ops', 'submission') }} as submission on exchanged.submission_id = submission.submission_id
    where submission.feed = 'reference_population'

),

-- Indices of deprivation and lookups that were delivered: they move groups by quintile, and what else no delivery of an indicator's
-- own feeds, no population and no definition moved.
place as (

    select array_agg(exchanged.submission_id order by exchanged.submission_id) as submission_ids
    from exchanged
    inner join {{ source('ops', 'submission') }} as submission on exchanged.submission_id = submission.submission_id
    where submission.feed in ('reference_deprivation', 'reference_lookup')

),

definition as (

    select coalesce(before.indicator_id, after.indicator_id) as indicator_id
    from (select * from {{ source('ops', 'release_indicator') }} where release_id = $1) as before
    full join (select * from {{ source('ops', 'release_indicator') }} where release_id = $2) as after
        on before.indicator_id = after.indicator_id
    where before.definition is distinct from after.definition

)

select
    coalesce(later_value.indicator_id, earlier_value.indicator_id),
    coalesce(later_value.area_code, earlier_value.area_code),
    coalesce(later_value.period_id, earlier_value.period_id),
    coalesce(later_value.sex, earlier_value.sex),
    coalesce(later_value.age_band, earlier_value.age_band),
    coalesce(later_value.ethnicity, earlier_value.ethnicity),
    coalesce(later_value.imd_quintile, earlier_value.imd_quintile),
    earlier_value.count_told,
    later_value.count_told,
    later_value.count_told - earlier_value.count_told,
    {{ as_numeric('earlier_value.value') }},
    {{ as_numeric('later_value.value') }},
    case
        when figure.is_same_value and later_value.value is not null then 0
        else {{ as_numeric('later_value.value') }} - {{ as_numeric('earlier_value.value') }}
    end,
    earlier_value.status,
    later_value.status,
    coalesce(because.submission_ids, '{}')
    || case when figure.is_population_changed then coalesce(population.submission_ids, '{}') else '{}' end
    || case
        when
            coalesce(later_value.imd_quintile, earlier_value.imd_quintile) <> 'all'
            or (because.indicator_id is null and definition.indicator_id is null and not figure.is_population_changed)
            then coalesce(place.submission_ids, '{}')
        else '{}'
    end,
    definition.indicator_id is not null,
    figure.is_population_changed
from earlier_value
full join later_value
    using (indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile)
-- The same sum in another order ends in other digits: what is within a part in a thousand million is the same.
cross join lateral (
    select coalesce(
        later_value.value = earlier_value.value
        or abs(later_value.value - earlier_value.value) <= 1e-9 * greatest(abs(later_value.value), abs(earlier_value.value)),
        later_value.value is null and earlier_value.value is null
    ) as is_same_value,
    -- Another series, or residents of another number, of a figure that both releases have; what a ratio expects moves with its counts
    -- too.
    coalesce(earlier_value.population_vintage <> later_value.population_vintage, false)
    or coalesce(
        coalesce(later_value.population_basis, earlier_value.population_basis) <> 'census'
        and earlier_value.status is not null
        and later_value.status is not null
        and earlier_value.denominator is distinct from later_value.denominator,
        false
    ) as is_population_changed
) as figure
cross join population
cross join place
left join because
    on
        coalesce(later_value.indicator_id, earlier_value.indicator_id) = because.indicator_id
        and coalesce(later_value.period_id, earlier_value.period_id) = because.period_id
left join definition on coalesce(later_value.indicator_id, earlier_value.indicator_id) = definition.indicator_id
where
    (earlier_value.count, earlier_value.denominator, earlier_value.status)
    is distinct from (later_value.count, later_value.denominator, later_value.status)
    or not figure.is_same_value;
