with source as (

    {{ rows_as_known('programme_surveys', 'answer') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        instrument,
        wave,
        fieldwork_until as fieldwork_ended_on,
        lad_code as district_code,
        question,
        answer,
        respondents,
        value::numeric as value,
        unit,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
