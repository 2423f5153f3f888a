with admission as (

    select
        *,
        -- Two suppliers, or a row twice, may bring one admission; without a person each row is its own.
        coalesce(
            person_id || ' ' || provider_code || ' ' || admitted_on || ' ' || episode_ended_on,
            submission_id || ' ' || row_number
        ) as admission_key
    from {{ ref('stg_hes_violence_admissions__admission') }}

),

external_cause as (

    select * from {{ ref('icd10_external_cause') }}

),

district as (

    select * from {{ ref('int_place__district') }}

),

lsoa as (

    select * from {{ ref('int_place__lsoa') }}

),

version as (

    {{ versions_as_known(
        'admission', 'admission_key', 'known_from_on desc, submission_id desc, row_number desc'
    ) }}

),

-- Only first episodes of emergency admissions count; regular day and night attenders (3 and 4) are not admitted.
emergency as (

    select * from version
    where
        admission_method_code like '2%'
        and episode_order = 1
        and patient_classification_code not in ('3', '4')

),

caused as (

    select
        emergency.*,
        cause.is_sharp as is_sharp_object
    from emergency
    inner join lateral (
        select bool_or(external_cause.is_sharp) as is_sharp
        from external_cause
        where
            external_cause.external_cause_code in (
                emergency.external_cause_1_code, emergency.external_cause_2_code, emergency.external_cause_3_code
            )
        having count(*) > 0
    ) as cause on true

),

-- Whoever is admitted elsewhere before, on, or the day after the end of an episode was probably transferred: a first
-- episode again, but of the same violence. This holds on the days on which both admissions were known.
transfer as (

    select
        later.admission_key,
        later.version_from_on,
        range_agg(
            daterange(
                greatest(later.version_from_on, earlier.version_from_on),
                least(later.version_until_on, earlier.version_until_on)
            )
        ) as known_during
    from caused as later
    inner join caused as earlier
        on
            later.person_id = earlier.person_id
            and later.provider_code <> earlier.provider_code
            and later.admitted_on <= earlier.episode_ended_on + 1
            and (later.admitted_on, later.episode_ended_on, later.provider_code)
            > (earlier.admitted_on, earlier.episode_ended_on, earlier.provider_code)
            and later.version_from_on < earlier.version_until_on
            and later.version_until_on > earlier.version_from_on
    group by later.admission_key, later.version_from_on

),

known as (

    select
        caused.admission_key,
        caused.version_from_on,
        transfer.known_during is not null as is_possible_transfer,
        unnest(transfer.known_during) as known_during
    from caused
    inner join transfer
        on caused.admission_key = transfer.admission_key and caused.version_from_on = transfer.version_from_on

    union all

    select
        caused.admission_key,
        caused.version_from_on,
        false as is_possible_transfer,
        unnest(
            datemultirange(daterange(caused.version_from_on, caused.version_until_on))
            - coalesce(transfer.known_during, '{}'::datemultirange)
        ) as known_during
    from caused
    left join transfer
        on caused.admission_key = transfer.admission_key and caused.version_from_on = transfer.version_from_on

),

final as (

    select
        caused.submission_id,
        caused.row_number,
        date_trunc('month', caused.episode_ended_on)::date as month_on,
        caused.provider_code,
        coalesce(
            lsoa.district_code,
            district.district_code,
            case when coalesce(caused.residence_lsoa_code, caused.residence_district_code) is null then 'UNK' else 'OUT' end
        ) as area_code,
        caused.age,
        {{ age_band('caused.age') }} as age_band,
        {{ sex_group('caused.sex') }} as sex,
        {{ ethnic_group('caused.ethnic_category') }} as ethnicity,
        coalesce(lsoa.imd_quintile, 'unknown') as imd_quintile,
        caused.is_sharp_object,
        known.is_possible_transfer,
        greatest(lower(known.known_during), lsoa.known_from_on) as known_from_on,
        least(upper(known.known_during), lsoa.known_until_on) as known_until_on,
        caused.is_synthetic
    from caused
    inner join known on caused.admission_key = known.admission_key and caused.version_from_on = known.version_from_on
    {{ place_while_known('caused.residence_lsoa_code', 'known.known_during') }}
    left join district on caused.residence_district_code = district.district_code

)

select * from final
