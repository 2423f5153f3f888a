{# Read from the indicators' own files: their metadata stand beside their SQL and nowhere else. #}
{% set lists = ['adds_up', 'period_types', 'geo_levels', 'breakdowns', 'feeds'] %}
{% set numbers = ['version', 'multiplier', 'min_denominator', 'max_unlocated_share',
    'looks_back_months', 'counted_months_later'] %}
{% set dates = ['series_starts_on', 'first_published', 'retired_on'] %}
{% set fields = [
    'indicator_id', 'version', 'name', 'short_name', 'domain', 'definition', 'rationale', 'numerator_def', 'denominator_def',
    'unit', 'multiplier', 'polarity', 'value_type', 'ci_method', 'population', 'suppression_policy', 'adds_up',
    'min_denominator', 'max_unlocated_share', 'period_types', 'geo_levels', 'finest_area', 'breakdowns', 'ethnic_groups',
    'comparator_default', 'compared_with_england', 'counted_by', 'feeds', 'completeness', 'reach', 'looks_back_months',
    'counted_months_later', 'series_starts_on', 'counting_date', 'source', 'public_code', 'caveats', 'owner', 'first_published', 'retired_on'
] %}
with indicator as (
    {% for indicator in indicators() %}
    select
        {%- for field in fields %}
        {%- set value = indicator.get(field) %}
        {%- if field == 'denominator_def' and indicator.get('population') and 'ethnicity' in (indicator.get('breakdowns') or []) %}
        {%- set value = value | trim ~ '; of an ethnic group, residents at the Census 2021 (figures of a day before 29 November '
            ~ '2022: at that of 2011)' %}
        {%- endif %}
        {%- set type = 'text[]' if field in lists else 'numeric' if field in numbers else 'date' if field in dates else 'text' %}
        {% if value is none %}null
        {%- elif field in lists %}array[{% for item in value %}'{{ item }}'{% if not loop.last %}, {% endif %}{% endfor %}]
        {%- else %}'{{ value | string | trim | replace("'", "''") }}'
        {%- endif %}::{{ type }} as {{ field }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        {%- for field in fields %}
        null::text as {{ field }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    where false
    {% endfor %}
),

final as (

    select
        *,
        -- The groups of a ratio and of a standardised rate have crude rates of their own.
        case
            when coalesce(cardinality(breakdowns), 0) = 0 then null
            when value_type = 'ratio' then 'per 1,000 residents'
            when value_type = 'dsr' then replace(unit, ' (age-standardised)', '')
            else unit
        end as breakdown_unit
    from indicator

)

select * from final
