-- What partners know beside what is published: they can count what they sent. Disclosure control has them for attackers, and
-- publish.partner_indicator_value gives them those figures back.
with indicator as (

    select * from {{ ref('dim_indicator') }}

),

own as (

    select * from {{ ref('partner_feed') }}

),

area as (

    select * from {{ ref('area') }}

),

member as (

    select * from {{ ref('area_member') }}

),

delivered as (

    select distinct feed, supplier from {{ source('ops', 'counted_submission') }}

),

-- A feed that others send as well makes nobody's figures alone.
shared as (

    select distinct own.partner, own.feed
    from own
    inner join delivered on own.feed = delivered.feed
    where not exists (
        select 1 from own as also
        where also.partner = own.partner and also.feed = own.feed and also.supplier = delivered.supplier
    )

),

own_area as (

    select own.partner, own.feed, own.area_code, own.is_alone
    from own
    where own.area_code is not null
    union
    select own.partner, own.feed, member.leaf_code, own.is_alone
    from own
    inner join member on own.area_code = member.area_code
    union
    select own.partner, own.feed, area.area_code, own.is_alone and shared.feed is null
    from own
    cross join area
    left join shared on own.partner = shared.partner and own.feed = shared.feed
    where own.area_code is null

),

by_feed as (

    select partner, feed, area_code, bool_and(is_alone) as is_alone
    from own_area
    group by partner, feed, area_code

)

select
    by_feed.partner,
    indicator.indicator_id,
    by_feed.area_code,
    bool_and(by_feed.is_alone) as is_own
from indicator
inner join by_feed on by_feed.feed = any(indicator.feeds)
group by by_feed.partner, indicator.indicator_id, indicator.feeds, by_feed.area_code
having count(*) = cardinality(indicator.feeds)
