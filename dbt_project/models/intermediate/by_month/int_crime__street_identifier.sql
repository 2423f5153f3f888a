{{ config(pre_hook="{{ mark_submissions() }}") }}

-- depends_on: {{ ref('stg_ops__submission') }}
select distinct crime_id, recorded_month_on as month_on
from {{ ref('stg_police_street_crime__crime') }}
where crime_id is not null and {{ is_read() }} and {{ is_touched('recorded_month_on') }}
