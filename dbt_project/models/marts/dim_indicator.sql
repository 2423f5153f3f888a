{# Read from the indicators' own files: their metadata stand beside their SQL and nowhere else. #}
{% set fields = [
    'indicator_id', 'version', 'name', 'short_name', 'domain', 'definition', 'rationale', 'numerator_def', 'denominator_def',
    'unit', 'multiplier', 'polarity', 'value_type', 'ci_method', 'suppression_policy', 'min_denominator',
    'max_unlocated_share', 'period_types', 'geo_levels', 'breakdowns', 'comparator_default', 'feeds', 'counting_date',
    'source', 'public_code', 'caveats', 'owner', 'first_published', 'retired_on'
] %}
with indicator as (
    {% for node in indicator_nodes() %}
    select
        {%- for field in fields %}
        {%- set value = node.config.meta.indicator[field] %}
        {% if value is none %}null::text
        {%- elif value is number %}{{ value }}::numeric
        {%- elif value is string %}'{{ value | trim | replace("'", "''") }}'
        {%- else %}array[{% for item in value %}'{{ item }}'{% if not loop.last %}, {% endif %}{% endfor %}]::text[]
        {%- endif %} as {{ field }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select null::text as indicator_id
    where false
    {% endfor %}
)

select * from indicator
