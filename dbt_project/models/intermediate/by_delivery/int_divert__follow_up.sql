with answered as (

    select * from {{ ref('stg_programme_divert__case') }}
    where
        is_rearrested is not null
        -- Nobody can say what happened within twelve months before they have passed.
        and followed_up_on >= closed_on + interval '12 months'

),

district as (

    select * from {{ ref('int_place__district') }}

),

-- A check that is made again replaces the earlier one.
version as (

    {{ versions_as_known('answered', 'case_key', 'period_start_on desc, submission_id desc, row_number desc') }}

),

final as (

    select
        version.submission_id,
        version.row_number,
        version.case_key,
        date_trunc('month', version.followed_up_on)::date as month_on,
        version.closed_on,
        version.followed_up_on,
        coalesce(district.district_code, 'LANCS-14') as area_code,
        {{ age_band('version.age') }} as age_band,
        {{ sex_group('version.sex') }} as sex,
        version.is_rearrested,
        version.version_from_on as known_from_on,
        version.version_until_on as known_until_on,
        version.is_synthetic
    from version
    left join district on version.district_code = district.district_code

)

select * from final
