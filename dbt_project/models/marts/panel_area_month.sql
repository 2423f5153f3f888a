{# Monthly indicators and the columns of their counts. #}
{% set counts = {
    'V03': 'v03_knife_enabled_serious_violence',
    'V06': 'v06_violence_with_injury',
    'V10': 'v10_robbery',
    'V12': 'v12_domestic_abuse_crime',
    'V15': 'v15_serious_violence',
    'PUB-VSO': 'pub_vso_violence_and_sexual_offences',
    'S01': 's01_encompass_notifications',
    'S06': 's06_person_searches'
} %}
with period as (

    select
        *,
        -- The financial year starts in April: its year is that of the date three months earlier.
        extract(year from start_on - interval '3 months')::integer as financial_year_start
    from {{ ref('dim_period') }}
    where period_type = 'month' and start_on >= '{{ var("series_start") }}'::date

),

district as (

    select * from {{ ref('dim_area') }}
    where area_type = 'district'

),

population as (

    select population.area_code, year.year_of_period, population.persons
    from {{ ref('dim_population') }} as population
    inner join {{ ref('figure__population_year') }} as year
        on population.population_vintage = year.population_vintage and population.mid_year = year.mid_year
    where population.sex = 'all' and population.age_band = 'all'

),

lockdown as (

    select * from {{ ref('dim_annotation') }}
    where annotation_id like 'lockdown-%'

),

-- Totals that are sound. A month without crimes is there as a zero; one whose feed did not come has no count.
counted as (

    select * from {{ ref('fct_indicator_value') }}
    where
        status = 'ok'
        and sex = 'all'
        and age_band = 'all'
        and ethnicity = 'all'
        and imd_quintile = 'all'
        and indicator_id in ('{{ counts | join("', '") }}')

),

phase as (

    select
        period.period_id,
        coalesce(string_agg(lockdown.annotation_id, ' ' order by lockdown.starts_on), 'none') as covid_phase
    from period
    left join lockdown
        on
            period.end_on >= lockdown.starts_on
            and (lockdown.ends_on is null or period.start_on <= lockdown.ends_on)
    group by period.period_id

),

side_by_side as (

    select
        area_code,
        period_id,
        {%- for indicator_id, name in counts.items() %}
        max(count) filter (where indicator_id = '{{ indicator_id }}') as {{ name }},
        {%- endfor %}
        bool_or(is_synthetic) as is_synthetic
    from counted
    group by area_code, period_id

),

final as (

    select
        district.area_code,
        period.period_id,
        period.start_on as month_on,
        dense_rank() over (order by period.start_on)::integer as t,
        extract(month from period.start_on)::integer as month_of_year,
        phase.covid_phase,
        population.persons as population,
        {%- for name in counts.values() %}
        side_by_side.{{ name }},
        {%- endfor %}
        coalesce(side_by_side.is_synthetic, false) as is_synthetic
    from district
    cross join period
    inner join phase on period.period_id = phase.period_id
    left join population
        on district.area_code = population.area_code and period.financial_year_start = population.year_of_period
    left join side_by_side
        on district.area_code = side_by_side.area_code and period.period_id = side_by_side.period_id

)

select * from final
