with referral as (

    select * from {{ ref('stg_programme_ed_navigators__referral') }}

),

hospital_site as (

    select area_code from {{ ref('area') }}
    where area_type = 'hospital_site'

),

final as (

    select
        referral.submission_id,
        referral.row_number,
        date_trunc('month', referral.referred_on)::date as month_on,
        coalesce(hospital_site.area_code, 'UNK') as area_code,
        referral.age,
        {{ age_band('referral.age') }} as age_band,
        {{ sex_group('referral.sex') }} as sex,
        referral.injury_type,
        -- Who harmed themselves was not assaulted, whatever the return says.
        referral.is_violence_related and referral.injury_type <> 'self_harm' as is_violence_related,
        referral.age between 10 and 39 as is_of_target_age,
        referral.is_engaged,
        referral.session_count,
        referral.known_from_on,
        referral.known_until_on,
        referral.is_synthetic
    from referral
    left join hospital_site on referral.site_code = hospital_site.area_code

)

select * from final
