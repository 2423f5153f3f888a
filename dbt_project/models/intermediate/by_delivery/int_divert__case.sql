with returned as (

    select * from {{ ref('stg_programme_divert__case') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

-- A case comes in every quarter that it is open: on any day it is what the latest return of then said.
version as (

    {{ versions_as_known('returned', 'case_key', 'period_start_on desc, submission_id desc, row_number desc') }}

),

final as (

    select
        version.submission_id,
        version.row_number,
        version.case_key,
        date_trunc('month', version.referred_on)::date as month_on,
        version.referred_on,
        version.engaged_on,
        version.closed_on,
        version.referral_source,
        version.ete_outcome,
        -- A person of no district of Lancashire counts for the whole area only (rule DIV-010).
        coalesce(district.district_code, 'LANCS-14') as area_code,
        {{ age_band('version.age') }} as age_band,
        {{ sex_group('version.sex') }} as sex,
        version.engaged_on is not null as is_engaged,
        version.version_from_on as known_from_on,
        version.version_until_on as known_until_on,
        version.is_synthetic
    from version
    left join district on version.district_code = district.district_code

)

select * from final
