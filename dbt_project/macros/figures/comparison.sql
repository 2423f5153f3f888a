{# Each figure beside the county's, England's, its own of the baseline year and that of a year earlier, and whether it differs. #}
{% macro comparison(known=none) -%}
{%- if is_of_touched(known) %}
-- depends_on: {{ ref('figure__touched') }}
{% endif -%}
with figure as (

    select * from {{ step('trend', known) }} as with_trend

),

{% set kept = kept_figures(known) -%}
{%- set said = ['indicator_id', 'area_code', 'period_id', 'age_band', 'sex', 'ethnicity', 'imd_quintile', 'value', 'numerator',
    'denominator'] -%}
-- The figures of other periods, made anew or kept.
other_figure as (

    select {{ said | join(', ') }} from figure
    {%- if kept %}
    union all
    select kept.{{ said | join(', kept.') }} from {{ kept }} as kept
    where
        kept.indicator_id in (select indicator_id from figure)
        and (kept.period_id = '{{ var("baseline_period") }}' or kept.period_id in (select year_earlier_period_id from figure))
        and (kept.indicator_id, kept.period_id) not in (select indicator_id, period_id from {{ ref('figure__touched') }})
    {%- endif %}

),

-- What lies on either side of a break in recording is not compared.
divided as (

    select
        beside.indicator_id,
        beside.period_id,
        bool_or(beside.is_beside_year_earlier_change) as is_earlier_divided,
        bool_or(beside.is_beside_baseline_comparison) as is_baseline_divided,
        bool_or(beside.is_beside_trend) as is_trend_divided
    from {{ ref('fct_indicator_annotation') }} as beside
    inner join {{ ref('dim_annotation') }} as annotation
        on beside.annotation_id = annotation.annotation_id and annotation.kind = 'break'
    group by beside.indicator_id, beside.period_id

),

beside as (

    select
        figure.*,
        county.value as county_value,
        england.value as england_value,
        baseline.value as baseline_value,
        baseline.numerator as baseline_numerator,
        baseline.denominator as baseline_denominator,
        earlier.value as earlier_value,
        earlier.numerator as earlier_numerator,
        earlier.denominator as earlier_denominator,
        {%- for name in ('earlier', 'baseline', 'trend') %}
        coalesce(divided.is_{{ name }}_divided, false) as is_{{ name }}_divided{% if not loop.last %},{% endif %}
        {%- endfor %}
    from figure
    left join divided on figure.indicator_id = divided.indicator_id and figure.period_id = divided.period_id
    left join figure as county
        on
            figure.indicator_id = county.indicator_id
            and figure.period_id = county.period_id
            and figure.comparator_default = county.area_code
            and figure.area_code <> county.area_code
            -- A part's count is always less than the whole's.
            and figure.cell_type <> 'count'
            -- Where all that the county has is the area's own, there is nobody to be compared with.
            and (figure.numerator, figure.denominator) is distinct from (county.numerator, county.denominator)
            -- A site has all who came to it, and the county its residents, unless the county is the sum of sites.
            and (figure.area_type <> 'hospital_site' or figure.finest_area = 'hospital_site')
            and {{ is_same_cell('figure', 'county') }}
            and figure.area_type not in ('police_force', 'unplaced')
    left join {{ ref('benchmark') }} as england
        on
            figure.dimension is null
            and england.area_code = 'E92000001'
            and figure.indicator_id = england.indicator_id
            and figure.period_id = england.period_id
            and {{ is_compared_with_england('figure', 'figure', 'figure') }}
    left join other_figure as baseline
        on
            figure.period_type = 'financial_year'
            and baseline.period_id = '{{ var("baseline_period") }}'
            and figure.period_id <> baseline.period_id
            and figure.indicator_id = baseline.indicator_id
            and figure.area_code = baseline.area_code
            and {{ is_same_cell('figure', 'baseline') }}
    left join other_figure as earlier
        on
            -- Three years and the next three overlap in two.
            figure.period_type <> 'three_financial_years'
            and figure.indicator_id = earlier.indicator_id
            and figure.year_earlier_period_id = earlier.period_id
            and figure.area_code = earlier.area_code
            and {{ is_same_cell('figure', 'earlier') }}

)

select
    beside.*
    {%- for name in ('baseline', 'earlier') %},
    {{ is_change_significant('beside', name) }} as is_{{ name }}_change_significant,
    case
        when beside.{{ name }}_value <> 0
            then (beside.value - beside.{{ name }}_value) / abs(beside.{{ name }}_value) * 100
    end as {{ name }}_change_percent
    {%- endfor %}
from beside
{%- endmacro %}


{# Whether a value and another of the same cell differ by more than chance (5 %); NULL where neither method applies. #}
{% macro is_change_significant(row, other) -%}
    case
        when {{ row }}.status <> 'ok' or {{ row }}.{{ other }}_value is null or {{ row }}.is_{{ other }}_divided then null
        when {{ row }}.cell_type in ('crude_rate', 'count')
            then {{ is_rate_changed(row, other) }}
        when {{ row }}.cell_type = 'proportion' and {{ row }}.ci_method = 'wilson'
            then
                (
                    select difference.lower > 0 or difference.upper < 0
                    from stats.newcombe_ci(
                        {{ row }}.numerator, {{ row }}.denominator,
                        {{ row }}.{{ other }}_numerator, {{ row }}.{{ other }}_denominator, 0.95
                    ) as difference
                )
    end
{%- endmacro %}


{# Whether a rate differs from another: the ratio's interval leaves 1 out; with a zero among the two counts, mid-p below 5 %. #}
{% macro is_rate_changed(row, other) -%}
    case
        when {{ row }}.numerator > 0 and {{ row }}.{{ other }}_numerator > 0
            then
                (
                    select ratio.lower > 1 or ratio.upper < 1
                    from stats.ratio_ci(
                        {{ row }}.numerator, coalesce({{ row }}.denominator, 1),
                        {{ row }}.{{ other }}_numerator, coalesce({{ row }}.{{ other }}_denominator, 1), 0.95
                    ) as ratio
                )
        when {{ row }}.numerator + {{ row }}.{{ other }}_numerator > 0
            then
                stats.mid_p(
                    {{ row }}.numerator, coalesce({{ row }}.denominator, 1),
                    {{ row }}.{{ other }}_numerator, coalesce({{ row }}.{{ other }}_denominator, 1)
                ) < 0.05
        else false
    end
{%- endmacro %}


{# Whether an area's figure of an indicator stands beside England's. England's crimes are its forces', wherever they happened; a
   district has those alone whose place is known. England's children are those of the Census of 2021, and a figure that is divided by
   the estimates before it, which had 2 % more, is not beside England's. #}
{% macro is_compared_with_england(indicator, area, figure) -%}
    coalesce(england.not_beside_vintage <> {{ figure }}.population_vintage, true)
    and case {{ indicator }}.compared_with_england
        when 'force' then {{ area }}.area_type = 'police_force'
        when 'every_area' then {{ area }}.area_type not in ('police_force', 'unplaced')
        else false
    end
{%- endmacro %}
