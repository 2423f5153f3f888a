-- Only of the latest release, as publish.indicator_value.
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
from {{ source('ops', 'release_range') }}
where release_id = {{ latest_release() }}
-- As of publish.indicator_value.
order by indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile
