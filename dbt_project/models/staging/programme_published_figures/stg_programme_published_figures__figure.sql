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
        report,
        published_on,
        item,
        printed_label,
        corrected_label,
        correction_reason,
        period as period_label,
        figure_from as figure_started_on,
        figure_until as figure_ended_on,
        value::numeric as value,
        unit,
        value_qualifier,
        quality as figure_quality,
        reconciles as is_reconciled,
        is_duplicate,
        section,
        page,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
