{{ config(materialized='view') }}

with search as (

    select * from {{ ref('int_stop_search__search') }}
    where {{ is_known_today() }}

)

select
    submission_id, row_number, searched_at, searched_on, searched_month_on, search_type, area_code, gender, age_range,
    ethnic_group, legislation, object_of_search, outcome, is_action_taken, is_object_found, is_person_searched,
    known_from_on, is_synthetic
from search
