with search as (

    select * from {{ ref('stg_police_stop_search__search') }}
    where {{ is_touched('searched_month_on') }}

),

boundary as (

    select * from {{ ref('district_boundary') }}

),

point as (

    select distinct longitude, latitude
    from search
    where longitude is not null

),

-- The outlines are generalised, so a point just off one (the coast, mostly) belongs to the nearest district within
-- {{ var('boundary_tolerance_degrees') }} degrees.
placed as (

    select distinct on (point.longitude, point.latitude)
        point.longitude,
        point.latitude,
        boundary.area_code,
        boundary.boundary <-> point(point.longitude, point.latitude) as distance
    from point
    cross join boundary
    order by point.longitude, point.latitude, distance, boundary.area_code

),

grouped as (

    select
        search.*,
        search.searched_month_on as month_on,
        case
            when search.longitude is null then 'UNK'
            when placed.distance <= {{ var('boundary_tolerance_degrees') }} then placed.area_code
            else 'OUT'
        end as area_code,
        coalesce(nullif(search.self_defined_ethnic_group, 'not_stated'), search.officer_defined_ethnic_group, 'not_stated')
            as ethnic_group
    from search
    left join placed on search.longitude = placed.longitude and search.latitude = placed.latitude

),

final as (

    select
        *,
        -- The breakdown of the indicators. Two groups, because residents are known by these.
        ethnic_group as ethnicity
    from grouped

)

select * from final
