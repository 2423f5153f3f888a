with source as (

    {{ rows_as_known('programme_communications', 'metric') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        channel,
        metric,
        measured_from as measured_from_on,
        measured_until as measured_until_on,
        value::numeric as value,
        value_qualifier,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
