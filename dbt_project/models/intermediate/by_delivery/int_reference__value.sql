with reference as (

    select * from {{ ref('stg_public_outcomes__value') }}

),

submission as (

    select * from {{ ref('stg_ops__submission') }}
    where feed = 'public_outcomes' and is_ever_known

),

-- The three authorities: they are the ones that answer for an area.
authority as (

    select distinct area_code
    from {{ ref('supplier') }}
    where area_code is not null

),

area_member as (

    select * from {{ ref('area_member') }}

),

-- What every file has, as the feed file says: one that lacks it has passed it over.
series as (

    select indicator_id, age_band
    from (values {{ reference_series() }}) as given (indicator_id, age_band)

),

-- An authority has a figure by itself or as the sum of all its districts. One that the file passes over is as missing as one
-- that the file says is missing.
absent as (

    select
        submission.submission_id,
        submission.period_start_on,
        submission.known_from_on,
        submission.known_until_on,
        submission.is_synthetic,
        series.indicator_id,
        series.age_band,
        authority.area_code
    from submission
    cross join series
    cross join authority
    inner join area_member on authority.area_code = area_member.area_code
    left join reference
        on
            submission.submission_id = reference.submission_id
            and series.indicator_id = reference.indicator_id
            and series.age_band = reference.age_band
            and area_member.leaf_code = reference.area_code
    group by
        submission.submission_id, submission.period_start_on, submission.known_from_on, submission.known_until_on,
        submission.is_synthetic, series.indicator_id, series.age_band, authority.area_code
    having
        not coalesce(bool_or(reference.area_code = authority.area_code), false)
        and (
            count(*) = 1
            or count(reference.area_code) < count(*) filter (where area_member.leaf_code <> authority.area_code)
        )

),

each as (

    select
        submission_id,
        row_number,
        indicator_id,
        area_code,
        period_start_on,
        period_label,
        age_band,
        numerator,
        denominator,
        known_from_on,
        known_until_on,
        is_synthetic
    from reference
    union all
    select
        submission_id,
        null as row_number,
        indicator_id,
        area_code,
        period_start_on,
        null as period_label,
        age_band,
        null as numerator,
        null as denominator,
        known_from_on,
        known_until_on,
        is_synthetic
    from absent

),

final as (

    select
        submission_id,
        row_number,
        indicator_id,
        area_code,
        -- Figures of schools are of the academic year that begins in September of the file's financial year.
        case
            when indicator_id in ('R02', 'R03', 'R04', 'R06') then (period_start_on + interval '5 months')::date
            else period_start_on
        end as month_on,
        period_label,
        age_band,
        'all' as sex,
        'all' as ethnicity,
        'all' as imd_quintile,
        numerator,
        denominator,
        coalesce(numerator is not null and denominator > 0, false) as is_known,
        known_from_on,
        known_until_on,
        is_synthetic
    from each

)

select * from final
