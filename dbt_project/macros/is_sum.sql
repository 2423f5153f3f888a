{# Whether the counts of an indicator of dim_indicator are sums, for the tests of sums. The total of a ratio counts one group of it,
   and the figures of an indicator that this build left out are of another day. #}
{% macro is_sum(indicator) -%}
    {{ indicator }}.value_type <> 'ratio'
    {%- if left_out() %} and {{ indicator }}.indicator_id not in ({{ left_out_ids() }}){% endif %}
{%- endmacro %}

{# What of a figure adds up, each as a row `each_measure` of its name and its number. Of an incomplete zero what was counted adds up,
   though it is not told. Residents are known without events; what was counted to divide by is known where the count is. #}
{% macro summed_measures(figure) -%}
    (
        values
        ('count', coalesce({{ figure }}.count, {{ figure }}.numerator)),
        (
            'denominator',
            case when indicator.population is not null or {{ figure }}.numerator is not null then {{ figure }}.denominator end
        )
    ) as each_measure (measure, number)
{%- endmacro %}

{# Whether what is added up are residents, who were not counted with the events. #}
{% macro is_of_residents() -%}
    (each_measure.measure = 'denominator' and indicator.population is not null)
{%- endmacro %}
