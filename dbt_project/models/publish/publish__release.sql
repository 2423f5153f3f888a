with release as (

    select *, lag(release_id) over (order by release_number) as previous_release_id
    from {{ source('ops', 'release_in_force') }}

),

-- Each release but the first beside itself and beside the one before.
side as (

    select release_id, release_id as beside, true as is_now
    from release
    where previous_release_id is not null
    union all
    select release_id, previous_release_id, false
    from release
    where previous_release_id is not null

),

named as (

    select
        release_id,
        relation = 'dim_indicator' as is_indicator,
        coalesce(content ->> 'indicator_id', content ->> 'area_code') as code,
        coalesce(content ->> 'short_name', content ->> 'area_name') as name
    from {{ source('ops', 'release_row') }}
    where relation in ('dim_indicator', 'dim_area')

),

called as (

    select
        side.release_id,
        named.is_indicator,
        named.code,
        max(named.name) filter (where side.is_now) as name,
        max(named.name) filter (where not side.is_now) as name_before
    from side
    inner join named on side.beside = named.release_id
    group by side.release_id, named.is_indicator, named.code

),

listed as (

    select
        release_id,
        {%- for kind, is_it in (('indicators', 'is_indicator'), ('areas', 'not is_indicator')) %}
        string_agg(code || ' ' || name, '; ' order by code)
            filter (where {{ is_it }} and name_before is null) as {{ kind }}_new,
        string_agg(code || ' ' || name_before, '; ' order by code)
            filter (where {{ is_it }} and name is null) as {{ kind }}_gone,
        {%- endfor %}
        string_agg(code || ' ' || name_before || ' is now ' || name, '; ' order by code)
            filter (where name <> name_before) as names_changed
    from called
    group by release_id

),

delivered as (

    select side.release_id, delivery.feed, bool_or(side.is_now) as is_there, bool_or(not side.is_now) as was_there
    from side
    inner join {{ source('ops', 'release_submission') }} as used on side.beside = used.release_id
    inner join {{ source('ops', 'submission') }} as delivery on used.submission_id = delivery.submission_id
    group by side.release_id, delivery.feed, delivery.submission_id

),

exchanged as (

    select
        release_id,
        feed,
        count(*) filter (where not was_there) as came,
        count(*) filter (where not is_there) as went
    from delivered
    where not (is_there and was_there)
    group by release_id, feed

),

of_feeds as (

    select
        release_id,
        string_agg(
            feed || ' ' || concat_ws(
                ', ',
                case when came > 0 then came || ' came' end,
                case when went > 0 then went || ' no more' end
            ),
            '; ' order by feed
        ) as deliveries_changed
    from exchanged
    group by release_id

),

submission as (

    select
        used.release_id,
        count(*) as submission_count,
        count(*) filter (where delivery.status = 'withdrawn') as withdrawn_count
    from {{ source('ops', 'release_submission') }} as used
    inner join {{ source('ops', 'submission') }} as delivery on used.submission_id = delivery.submission_id
    group by used.release_id

),

indicator as (

    select release_id, count(*) as indicator_count
    from {{ source('ops', 'release_indicator') }}
    group by release_id

)

select
    release.release_id,
    release.release_number,
    release.released_at,
    release.previous_release_id,
    release.git_revision,
    release.note,
    submission.submission_count,
    submission.withdrawn_count,
    indicator.indicator_count,
    release.is_synthetic,
    release.as_of,
    listed.indicators_new,
    listed.indicators_gone,
    listed.areas_new,
    listed.areas_gone,
    listed.names_changed,
    of_feeds.deliveries_changed
from release
left join submission on release.release_id = submission.release_id
left join indicator on release.release_id = indicator.release_id
left join listed on release.release_id = listed.release_id
left join of_feeds on release.release_id = of_feeds.release_id
