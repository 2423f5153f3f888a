{{ config(pre_hook="{{ mark_submissions() }}") }}

-- depends_on: {{ ref('stg_ops__submission') }}
-- In order, because PostgreSQL groups rows that lie in the order of a table of hashes for minutes, if by the same hashes.
select distinct child_incident, date_trunc('month', sent_on)::date as month_on
from {{ ref('stg_police_encompass__notification') }}
where {{ is_read() }} and {{ is_touched("date_trunc('month', sent_on)::date") }}
order by month_on, child_incident
