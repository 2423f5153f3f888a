{# Better or worse than the county, England and the baseline year, by the interval; change since a year earlier and since the
   baseline; the recent trend. #}
{% macro comparisons() -%}
beside as (

    select
        with_limits.*,
        county.value as county_value,
        england.value as england_value,
        baseline.value as baseline_value,
        baseline.numerator as baseline_numerator,
        baseline.denominator as baseline_denominator,
        earlier.value as earlier_value,
        earlier.numerator as earlier_numerator,
        earlier.denominator as earlier_denominator
    from with_limits
    left join with_limits as county
        on
            with_limits.indicator_id = county.indicator_id
            and with_limits.period_id = county.period_id
            and with_limits.comparator_default = county.area_code
            and with_limits.area_code <> county.area_code
            -- A part's count is always less than the whole's.
            and with_limits.cell_type <> 'count'
            and {{ is_same_cell('with_limits', 'county') }}
            and with_limits.area_type not in ('police_force', 'unplaced')
    left join {{ ref('benchmark') }} as england
        on
            with_limits.dimension is null
            and england.area_code = 'E92000001'
            and with_limits.indicator_id = england.indicator_id
            and with_limits.period_id = england.period_id
            and with_limits.area_type not in ('police_force', 'unplaced')
    left join with_limits as baseline
        on
            with_limits.period_type = 'financial_year'
            and baseline.period_id = '{{ var("baseline_period") }}'
            and with_limits.period_id <> baseline.period_id
            and with_limits.indicator_id = baseline.indicator_id
            and with_limits.area_code = baseline.area_code
            and {{ is_same_cell('with_limits', 'baseline') }}
    left join with_limits as earlier
        on
            -- Three years and the next three overlap in two.
            with_limits.period_type <> 'three_financial_years'
            and with_limits.indicator_id = earlier.indicator_id
            and with_limits.year_earlier_period_id = earlier.period_id
            and with_limits.area_code = earlier.area_code
            and {{ is_same_cell('with_limits', 'earlier') }}

),

-- The latest five annual points that have a figure.
annual as (

    select
        indicator_id, area_code, period_id, age_band, sex, ethnicity, imd_quintile,
        array_agg(value) over five as recent_values,
        array_agg(lower_ci_95) over five as recent_lowers,
        array_agg(upper_ci_95) over five as recent_uppers,
        array_agg(numerator::double precision) over five as recent_numerators,
        array_agg(denominator::double precision) over five as recent_denominators
    from with_limits
    where period_type in ('financial_year', 'academic_year') and status = 'ok' and value is not null
    window five as (
        partition by indicator_id, area_code, age_band, sex, ethnicity, imd_quintile
        order by start_on
        rows between 4 preceding and current row
    )

),

judged as (

    select
        beside.*,
        case
            when beside.period_type not in ('financial_year', 'academic_year') or beside.status <> 'ok' then null
            when annual.recent_values is null or cardinality(annual.recent_values) < 5 then 'cannot_be_calculated'
            when beside.cell_type = 'proportion' and beside.ci_method = 'wilson'
                then stats.recent_trend_proportion(annual.recent_numerators, annual.recent_denominators)
            else stats.recent_trend(annual.recent_values, annual.recent_lowers, annual.recent_uppers)
        end as direction,
        {% for name in ('baseline', 'earlier') %}
        case
            when beside.status <> 'ok' or beside.{{ name }}_value is null then null
            when beside.cell_type in ('crude_rate', 'count')
                then {{ is_rate_changed('beside', name) }}
            when beside.cell_type = 'proportion' and beside.ci_method = 'wilson'
                then
                    (
                        select difference.lower > 0 or difference.upper < 0
                        from stats.newcombe_ci(
                            beside.numerator, beside.denominator,
                            beside.{{ name }}_numerator, beside.{{ name }}_denominator, 0.95
                        ) as difference
                    )
        end as is_{{ name }}_change_significant,
        case
            when beside.{{ name }}_value <> 0
                then (beside.value - beside.{{ name }}_value) / abs(beside.{{ name }}_value) * 100
        end as {{ name }}_change_percent{% if not loop.last %},{% endif %}
        {%- endfor %}
    from beside
    left join annual
        on
            beside.indicator_id = annual.indicator_id
            and beside.area_code = annual.area_code
            and beside.period_id = annual.period_id
            and {{ is_same_cell('beside', 'annual') }}

),

-- The columns of a figure, in their order.
compared as (

    select
        indicator_id,
        area_code,
        period_id,
        sex,
        age_band,
        ethnicity,
        imd_quintile,
        numerator as count,
        numerator,
        denominator,
        value,
        lower_ci_95,
        upper_ci_95,
        lower_ci_998,
        upper_ci_998,
        method,
        {{ comparison_with('county_value') }} as comparison,
        {{ comparison_with('england_value') }} as comparison_england,
        case
            when is_baseline_change_significant then {{ change_in_words('value > baseline_value') }}
            when not is_baseline_change_significant then 'similar'
            else {{ comparison_with('baseline_value') }}
        end as comparison_baseline,
        case
            when direction in ('increasing', 'decreasing') and polarity in ('low_is_good', 'high_is_good')
                then
                    direction || '_and_getting_'
                    || case when (direction = 'increasing') = (polarity = 'high_is_good') then 'better' else 'worse' end
            else direction
        end as trend,
        earlier_change_percent as year_earlier_change_percent,
        is_earlier_change_significant as is_year_earlier_change_significant,
        baseline_change_percent,
        is_baseline_change_significant,
        status,
        case when population is not null or value_type = 'ratio' then '{{ var("population_vintage") }}' end as population_vintage,
        is_synthetic
    from judged

)
{%- endmacro %}


{# Better, worse or similar by whether the 95 % interval holds another's value; lower or higher where neither is good. #}
{% macro comparison_with(value) -%}
    case
        when lower_ci_95 is null or {{ value }} is null then 'not_compared'
        when upper_ci_95 >= {{ value }} and lower_ci_95 <= {{ value }} then 'similar'
        else {{ change_in_words('lower_ci_95 > ' ~ value) }}
    end
{%- endmacro %}


{% macro change_in_words(is_higher) -%}
    case
        when polarity in ('low_is_good', 'high_is_good')
            then case when ({{ is_higher }}) = (polarity = 'high_is_good') then 'better' else 'worse' end
        when {{ is_higher }} then 'higher'
        else 'lower'
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
