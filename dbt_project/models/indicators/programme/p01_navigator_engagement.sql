with referral as (

    select * from {{ ref('int_ed__navigator_referral') }}
    where area_code <> 'UNK'

),

attendance as (

    select * from {{ ref('int_ed__attendance') }}
    where is_assault and age between 10 and 39 and site_area_code <> 'UNK'

),

counted as (

    select
        area_code as site_code,
        date_trunc('quarter', month_on)::date as quarter_on,
        known_from_on,
        known_until_on,
        count(*) as referrals,
        count(*) filter (where is_engaged and is_violence_related and is_of_target_age) as engaged,
        0 as attendances
    from referral
    group by area_code, date_trunc('quarter', month_on), known_from_on, known_until_on

    union all

    select
        site_area_code as site_code,
        date_trunc('quarter', month_on)::date as quarter_on,
        known_from_on,
        known_until_on,
        0 as referrals,
        0 as engaged,
        count(*) as attendances
    from attendance
    group by site_area_code, date_trunc('quarter', month_on), known_from_on, known_until_on

),

-- What was known of a quarter changes on these days.
boundary as (

    select quarter_on, known_from_on as changed_on from counted
    union
    select quarter_on, known_until_on as changed_on from counted
    where not {{ is_known_today() }}

),

span as (

    select
        quarter_on,
        changed_on as known_from_on,
        lead(changed_on, 1, {{ end_of_time() }}) over (partition by quarter_on order by changed_on) as known_until_on
    from boundary

),

-- A return is of a quarter: a site without a referral in it had no navigator.
site_quarter as (

    select
        counted.site_code,
        span.quarter_on,
        span.known_from_on,
        span.known_until_on,
        sum(counted.engaged) as engaged,
        sum(counted.attendances) as attendances
    from span
    inner join counted
        on
            span.quarter_on = counted.quarter_on
            and span.known_from_on >= counted.known_from_on
            and span.known_from_on < counted.known_until_on
    group by counted.site_code, span.quarter_on, span.known_from_on, span.known_until_on
    having sum(counted.referrals) > 0

),

final as (

    select
        'P01' as indicator_id,
        place.area_code,
        site_quarter.quarter_on as period_start,
        'all' as age_band,
        'all' as sex,
        'all' as ethnicity,
        'all' as imd_quintile,
        sum(site_quarter.engaged)::numeric as numerator,
        -- Whom violence brought and a navigator engaged was eligible, also where the department recorded fewer: its codes
        -- miss some, and a referral may be of the quarter after the attendance.
        sum(greatest(site_quarter.attendances, site_quarter.engaged))::numeric as denominator,
        null::numeric as square_sum,
        site_quarter.known_from_on,
        site_quarter.known_until_on
    from site_quarter
    cross join lateral (values (site_quarter.site_code), ('LANCS-14')) as place (area_code)
    group by place.area_code, site_quarter.quarter_on, site_quarter.known_from_on, site_quarter.known_until_on

)

select * from final
