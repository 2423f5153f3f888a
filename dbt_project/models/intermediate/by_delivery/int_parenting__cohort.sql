with returned as (

    select
        *,
        programme || ' ' || cohort as cohort_key
    from {{ ref('stg_programme_parenting__cohort') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

-- A cohort can come in several quarters, with its state at the end of each.
version as (

    {{ versions_as_known('returned', 'cohort_key', 'period_start_on desc, submission_id desc, row_number desc') }}

),

placed as (

    select
        version.*,
        coalesce(district.district_code, 'LANCS-14') as area_code,
        -- Scores of questionnaires are of other scales and are not averaged with numbers of incidents. A measure that rule
        -- PAR-017 doubts is not used.
        coalesce(
            lower(version.measure_name) in ('domestic abuse incidents', 'domestic-abuse incidents', 'da incidents')
            and (version.pre_mean is not null or version.is_pre_mean_withheld)
            and (version.post_mean is not null or version.is_post_mean_withheld)
            and (version.measured <= version.starts or version.is_measured_withheld or version.is_starts_withheld),
            false
        ) as has_incidents_measured,
        version.is_pre_mean_withheld or version.is_post_mean_withheld or version.is_measured_withheld
            as is_incidents_difference_withheld
    from version
    left join district on version.district_code = district.district_code

),

final as (

    select
        submission_id,
        row_number,
        cohort_key,
        programme,
        date_trunc('month', started_on)::date as month_on,
        started_on,
        ended_on,
        area_code,
        starts,
        completes,
        -- While a cohort runs nobody has completed, which says nothing of who will.
        ended_on is not null or completes > 0 or coalesce(is_completes_withheld, false) as is_concluded,
        has_incidents_measured,
        measured,
        -- Means of cohorts weigh as many parents as they are of.
        case when has_incidents_measured then (post_mean - pre_mean) * measured end as incidents_difference,
        version_from_on as known_from_on,
        version_until_on as known_until_on,
        is_starts_withheld,
        is_completes_withheld,
        is_incidents_difference_withheld,
        is_synthetic
    from placed

)

select * from final
