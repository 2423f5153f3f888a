with corner as (

    select
        outline.area_code,
        outline.part,
        found.place,
        found.pair[1]::numeric as longitude,
        found.pair[2]::numeric as latitude
    from {{ ref('district_boundary') }} as outline
    cross join lateral
        regexp_matches(outline.boundary::text, '\(([-0-9.]+),([-0-9.]+)\)', 'g') with ordinality as found (pair, place)

),

-- Each corner and the next; after the last comes the first.
edge as (

    select
        *,
        coalesce(lead(longitude) over ring, first_value(longitude) over ring) as next_longitude,
        coalesce(lead(latitude) over ring, first_value(latitude) over ring) as next_latitude
    from corner
    window ring as (partition by area_code, part order by place)

),

crossed as (

    select *, longitude * next_latitude - next_longitude * latitude as cross_product
    from edge

),

-- The shoelace formula: twice the area, below zero where the corners go clockwise, and six times its moments.
part as (

    select
        area_code,
        part,
        sum(cross_product) as doubled_area,
        sum((longitude + next_longitude) * cross_product) as east,
        sum((latitude + next_latitude) * cross_product) as north
    from crossed
    group by area_code, part

),

-- Counterclockwise (RFC 7946), because some tools take what is on the right of a ring for its inside; and closed.
walked as (

    select corner.area_code, corner.part, corner.place * sign(part.doubled_area) as place, corner.longitude, corner.latitude
    from corner
    inner join part on corner.area_code = part.area_code and corner.part = part.part

),

closed as (

    select * from walked
    union all
    (
        select distinct on (area_code, part) area_code, part, 'infinity'::numeric as place, longitude, latitude
        from walked
        order by area_code asc, part asc, walked.place asc
    )

),

ring as (

    select
        area_code,
        part,
        string_agg(longitude || ' ' || latitude, ', ' order by place) as wkt,
        string_agg('[' || longitude || ',' || latitude || ']', ',' order by place) as geojson
    from closed
    group by area_code, part

),

outline as (

    select
        area_code,
        'MULTIPOLYGON (' || string_agg('((' || wkt || '))', ', ' order by part) || ')' as boundary_wkt,
        '{"type":"MultiPolygon","coordinates":['
        || string_agg('[[' || geojson || ']]', ',' order by part) || ']}' as boundary_geojson
    from ring
    group by area_code

),

-- Of a whole, that of its districts taken together.
centre as (

    select
        member.area_code,
        round(sum(part.east * sign(part.doubled_area)) / (3 * sum(abs(part.doubled_area))), 5) as longitude,
        round(sum(part.north * sign(part.doubled_area)) / (3 * sum(abs(part.doubled_area))), 5) as latitude
    from {{ ref('area_member') }} as member
    inner join part on member.leaf_code = part.area_code
    group by member.area_code

)

select
    centre.area_code,
    centre.longitude,
    centre.latitude,
    outline.boundary_wkt,
    outline.boundary_geojson
from centre
left join outline on centre.area_code = outline.area_code
