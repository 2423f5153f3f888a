with source as (

    {{ rows_as_known('hes_violence_admissions', 'admission') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        person_id,
        provider_code,
        episode_order,
        admission_method as admission_method_code,
        patient_classification as patient_classification_code,
        admitted_on,
        episode_ended_on,
        age,
        sex,
        ethnic_category,
        case when lsoa_residence ~ '^E01[0-9]{6}$' then lsoa_residence end as residence_lsoa_code,
        lad_residence as residence_district_code,
        left(translate(external_cause_1, '. ', ''), 3) as external_cause_1_code,
        left(translate(external_cause_2, '. ', ''), 3) as external_cause_2_code,
        left(translate(external_cause_3, '. ', ''), 3) as external_cause_3_code,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
