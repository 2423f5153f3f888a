with indicator as (

    select * from {{ ref('dim_indicator') }}

),

period as (

    select * from {{ ref('dim_period') }}

),

annotation as (

    select * from {{ ref('dim_annotation') }}

),

-- An annotation touches an indicator when it touches one of its feeds.
touched as (

    select
        indicator.indicator_id,
        indicator.period_types,
        annotation.annotation_id,
        annotation.starts_on,
        annotation.ends_on
    from indicator
    inner join annotation
        on
            annotation.domain = 'all'
            or exists (
                select 1
                from unnest(indicator.feeds) as feed (name)
                where
                    case
                        when feed.name like 'police\_%' then 'police'
                        when feed.name like 'tiig\_%' or feed.name like 'istv\_%' or feed.name like 'hes\_%' then 'hospital'
                    end = annotation.domain
            )

),

final as (

    select
        touched.indicator_id,
        period.period_id,
        touched.annotation_id
    from touched
    inner join period
        on
            period.period_type = any(touched.period_types)
            and touched.starts_on <= period.end_on
            and (touched.ends_on is null or touched.ends_on >= period.start_on)

)

select * from final
