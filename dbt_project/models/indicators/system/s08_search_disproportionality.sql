with search as (

    select * from {{ ref('int_stop_search__search') }}

),

final as (

    select
        'S08' as indicator_id,
        area_code,
        searched_month_on as period_start,
        'all' as age_band,
        'all' as sex,
        ethnic_group as ethnicity,
        count(*) as numerator,
        null::bigint as denominator
    from search
    where is_person_searched
    group by area_code, searched_month_on, ethnic_group

)

select * from final
