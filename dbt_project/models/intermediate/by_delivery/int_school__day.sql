with closure as (

    select * from {{ ref('school_closure') }}

),

-- Between its first and its last school holiday the calendar of an authority says on which days there is school. Outside
-- that, bank holidays may be known, but not when pupils are at home.
authority as (

    select
        authority_code,
        min(starts_on) as starts_on,
        max(ends_on) as ends_on
    from closure
    where kind = 'school_holiday'
    group by authority_code

),

-- A fortnight more, so that the days of the last holiday have a next day of school.
day as (

    select
        authority.authority_code,
        day.day_on::date as day_on,
        day.day_on::date <= authority.ends_on as is_in_calendar
    from authority
    cross join lateral generate_series(authority.starts_on, authority.ends_on + 14, interval '1 day') as day (day_on)

),

opened as (

    select
        day.*,
        extract(isodow from day.day_on) < 6
        and not exists (
            select 1 from closure
            where closure.authority_code = day.authority_code and day.day_on between closure.starts_on and closure.ends_on
        ) as is_school_day
    from day

),

final as (

    select
        authority_code,
        day_on,
        is_school_day,
        is_in_calendar,
        min(day_on) filter (where is_school_day) over (
            partition by authority_code
            order by day_on desc
            rows between unbounded preceding and current row
        ) as next_school_day_on
    from opened

)

select * from final
