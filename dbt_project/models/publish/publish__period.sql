with period as (

    select * from {{ ref('frozen__dim_period') }}

)

select period_id, period_type, period_label, start_on, end_on, year_earlier_period_id
from period
