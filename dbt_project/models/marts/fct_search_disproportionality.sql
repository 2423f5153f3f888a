with value as (

    select * from {{ ref('fct_indicator_value') }}
    where indicator_id = 'S08' and (sex, age_band, imd_quintile) = ('all', 'all', 'all')

),

searched as (

    select
        area_code,
        period_id,
        max(count) filter (where ethnicity = 'ethnic_minority') as minority_searches,
        max(count) filter (where ethnicity = 'white') as white_searches,
        max(count) filter (where ethnicity = 'not_stated') as not_stated_searches,
        max(denominator) filter (where ethnicity = 'ethnic_minority') as minority_population,
        max(denominator) filter (where ethnicity = 'white') as white_population,
        max(value) filter (where ethnicity = 'all') as ratio,
        max(lower_ci_95) filter (where ethnicity = 'all') as lower_ci_95,
        max(upper_ci_95) filter (where ethnicity = 'all') as upper_ci_95,
        bool_or(is_synthetic) as is_synthetic
    from value
    group by area_code, period_id

),

final as (

    select
        area_code,
        period_id,
        minority_searches,
        white_searches,
        not_stated_searches,
        not_stated_searches / nullif(minority_searches + white_searches + not_stated_searches, 0) as not_stated_share,
        ratio,
        lower_ci_95,
        upper_ci_95,
        (minority_searches::double precision / minority_population)
        / nullif((white_searches + not_stated_searches)::double precision / white_population, 0) as ratio_if_all_were_white,
        ((minority_searches + not_stated_searches)::double precision / minority_population)
        / nullif(white_searches::double precision / white_population, 0) as ratio_if_all_were_minority,
        is_synthetic
    from searched
    where ratio is not null and minority_population > 0

)

select * from final
