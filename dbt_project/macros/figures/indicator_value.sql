{# Every figure as it was known on a day, in words and in the columns of a figure: the body of marts.fct_indicator_value (the last
   of days) and of publish.indicator_as_at, whose numbers people round as they write it. #}
{% macro indicator_value(known=none) -%}
select
    indicator_id,
    area_code,
    period_id,
    sex,
    age_band,
    ethnicity,
    imd_quintile,
    -- Of what is incomplete no zero is told. The numerator says that nothing was counted, because whoever reads of no count knows it
    -- too, and disclosure control has to.
    case when status = 'incomplete' then nullif(numerator, 0) else numerator end as count,
    numerator,
    denominator,
    {%- for name in ('value', 'lower_ci_95', 'upper_ci_95', 'lower_ci_998', 'upper_ci_998') %}
    {{ as_numeric(name) ~ ' as ' if known }}{{ name }},
    {%- endfor %}
    method,
    {{ comparison_with('county_value') }} as comparison,
    {{ comparison_with('england_value') }} as comparison_england,
    case
        when is_baseline_divided then 'not_compared'
        when is_baseline_change_significant then {{ change_in_words('value > baseline_value') }}
        when not is_baseline_change_significant then 'similar'
        else 'not_compared'
    end as comparison_baseline,
    case
        when direction in ('increasing', 'decreasing') and not is_trend_divided and polarity in ('low_is_good', 'high_is_good')
            then
                direction || '_and_getting_'
                || case when (direction = 'increasing') = (polarity = 'high_is_good') then 'better' else 'worse' end
        else direction
    end as trend,
    {{ as_numeric('earlier_change_percent') if known else 'earlier_change_percent' }} as year_earlier_change_percent,
    is_earlier_change_significant as is_year_earlier_change_significant,
    {{ as_numeric('baseline_change_percent') ~ ' as ' if known }}baseline_change_percent,
    is_baseline_change_significant,
    status,
    population_vintage,
    population_basis,
    is_synthetic,
    unlocated_share
from {{ step('comparison', known) }} as compared
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
