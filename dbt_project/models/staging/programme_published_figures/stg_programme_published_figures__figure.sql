with source as (

    {{ rows_as_known('programme_published_figures', 'figure') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        item,
        corrected_label,
        figure_from as figure_started_on,
        figure_until as figure_ended_on,
        value::numeric as value,
        value_qualifier,
        is_duplicate,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
