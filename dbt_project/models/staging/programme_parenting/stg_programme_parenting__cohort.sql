with source as (

    {{ rows_as_known('programme_parenting', 'cohort') }}

),

renamed as (

    select
        submission_id,
        row_number,
        supplier,
        period_start_on,
        period_end_on,
        programme,
        cohort,
        lad_code as district_code,
        started_on,
        ended_on,
        starts,
        completes,
        measure_name,
        measured,
        pre_mean::numeric as pre_mean,
        post_mean::numeric as post_mean,
        known_from_on,
        known_until_on,
        is_synthetic
    from source

)

select * from renamed
