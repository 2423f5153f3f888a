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
        coalesce(starts_is_withheld, false) as is_starts_withheld,
        coalesce(completes_is_withheld, false) as is_completes_withheld,
        coalesce(measured_is_withheld, false) as is_measured_withheld,
        coalesce(pre_mean_is_withheld, false) as is_pre_mean_withheld,
        coalesce(post_mean_is_withheld, false) as is_post_mean_withheld,
        is_synthetic
    from source

)

select * from renamed
