with source as (

    {{ rows_as_known('police_crime', 'crime') }}

),

renamed as (

    select
        ---- submission
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        extract_as_at,

        ---- ids
        crime_ref,
        incident_ref,
        victim_pid,
        suspect_pid,

        ---- dates
        date_recorded as recorded_on,
        date_trunc('month', date_recorded)::date as recorded_month_on,
        occurred_from as occurred_from_at,
        outcome_date as outcome_on,

        ---- codes
        ho_code,
        status,
        victim_sex as victim_sex_code,
        victim_ethnicity as victim_ethnicity_code,
        case when outcome_type ~ '^[0-9]+$' then {{ as_type('outcome_type', 'integer') }} end as outcome_type_code,

        ---- place
        lad_code as district_code,
        lsoa_code,

        ---- numbers
        case when victim_age between 0 and 120 then victim_age::integer end as victim_age,

        ---- known
        known_from_on,
        known_until_on,
        ---- flags
        da_flag as is_domestic_abuse,
        knife_flag as is_knife,
        gun_flag as is_gun,
        cse_flag as is_child_sexual_exploitation,
        cce_flag as is_child_criminal_exploitation,
        is_synthetic
    from source

)

select * from renamed
