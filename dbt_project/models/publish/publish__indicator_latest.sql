with figure as (

    select * from {{ ref('publish__indicator_value') }}
    where {{ is_total() }}

),

period as (

    select * from {{ ref('publish__period') }}

),

-- The latest of the longest kind of period that has something to say; where nothing can be said, the latest status.
ranked as (

    select
        figure.*,
        period.period_label,
        period.end_on,
        row_number() over (
            partition by figure.indicator_id, figure.area_code
            order by
                (figure.status in ('ok', 'suppressed')) desc,
                array_position(
                    array[
                        'financial_year', 'academic_year', 'rolling_12_months', 'three_financial_years', 'quarter', 'month'
                    ],
                    period.period_type
                ) asc,
                period.end_on desc
        ) as place
    from figure
    inner join period on figure.period_id = period.period_id

)

select
    indicator_id, area_code, period_id, period_label, count, denominator, value, lower_ci_95, upper_ci_95, comparison,
    england_value, comparison_england, year_earlier_value, year_earlier_change_percent, comparison_year_earlier, trend,
    status, population_vintage, release_id, is_synthetic
from ranked
where place = 1
