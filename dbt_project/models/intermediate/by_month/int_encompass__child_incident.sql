{{ config(pre_hook="{{ mark_submissions() }}") }}

-- depends_on: {{ ref('stg_ops__submission') }}
select distinct child_incident, date_trunc('month', sent_on)::date as month_on
from {{ ref('stg_police_encompass__notification') }}
where {{ is_read() }} and {{ is_touched("date_trunc('month', sent_on)::date") }}
