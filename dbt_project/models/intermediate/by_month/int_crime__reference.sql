{{ config(pre_hook="{{ mark_submissions() }}") }}

-- depends_on: {{ ref('stg_ops__submission') }}
select distinct crime_ref, recorded_month_on as month_on
from {{ ref('stg_police_crime__crime') }}
where {{ is_read() }} and {{ is_touched('recorded_month_on') }}
