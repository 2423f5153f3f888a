-- Only of the latest release, as publish.indicator_value.
with release as (

    select release_id from {{ source('ops', 'release') }}
    order by release_number desc
    limit 1

),

told as (

    select * from {{ source('ops', 'release_range') }}
    where release_id = (select release_id from release)

)

select
    indicator_id,
    area_code,
    period_id,
    sex,
    age_band,
    ethnicity,
    imd_quintile,
    at_least,
    at_most,
    release_id
from told
