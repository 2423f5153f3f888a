{{ config(pre_hook="{{ mark_submissions() }}") }}

-- depends_on: {{ ref('stg_ops__submission') }}
-- In order, because PostgreSQL groups rows that lie in the order of a table of hashes for minutes, if by the same hashes.
select distinct crime_ref, recorded_month_on as month_on
from {{ ref('stg_police_crime__crime') }}
where {{ is_read() }} and {{ is_touched('recorded_month_on') }}
order by month_on, crime_ref
