with source as (

    {{ rows_as_known('police_stop_search', 'search') }}

),

code_label as (

    select column_name, code, label
    from {{ source('ops', 'code_label') }}
    where feed = 'police_stop_search'

),

renamed as (

    select
        ---- ids
        source.submission_id,
        source.row_number,

        ---- timestamps
        source.searched_at,
        (source.searched_at at time zone 'Europe/London')::date as searched_on,
        date_trunc('month', source.searched_at at time zone 'Europe/London')::date as searched_month_on,

        ---- codes
        source.search_type,
        source.gender,
        source.age_range,
        self_defined.label as self_defined_ethnic_group,
        officer_defined.label as officer_defined_ethnic_group,
        source.legislation,
        source.object_of_search,
        source.outcome,

        ---- place
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.longitude end as longitude,
        case when {{ is_in_great_britain('source.longitude', 'source.latitude') }} then source.latitude end as latitude,

        ---- known
        source.known_from_on,
        source.known_until_on,
        ---- flags
        source.outcome is not null and coalesce(outcome.label, 'yes') = 'yes' as is_action_taken,
        coalesce(source.is_outcome_linked_to_object, false) as is_object_found,
        source.search_type <> 'Vehicle search' as is_person_searched,
        source.is_synthetic
    from source
    left join code_label as self_defined
        on
            self_defined.column_name = 'self_defined_ethnicity'
            and source.self_defined_ethnicity = self_defined.code
    left join code_label as officer_defined
        on
            officer_defined.column_name = 'officer_defined_ethnicity'
            and source.officer_defined_ethnicity = officer_defined.code
    left join code_label as outcome
        on
            outcome.column_name = 'outcome'
            and source.outcome = outcome.code

)

select * from renamed
