{# Which figures a build makes anew (docs/decisions/0021-figures-by-touched-months.md): those of indicators and periods of which a month
   changed. figure__made_from says what all figures rest on, figure__touched whose part of it is another than fct_indicator_value
   remembers, the steps of a figure make no others, and fct_indicator_value replaces them and remembers. Until then nothing is
   remembered, so that a build that ends half way is followed by one that makes them again. #}

{# Post-hook of fct_indicator_value: what its figures were made from. Where indicators are left out, nothing: what changed for them
   meanwhile is not made, and the next build makes all figures anew. #}
{% macro remember_figures() %}
    delete from ops.built_month
    where model = '{{ figures_model() }}'
    {%- if is_incremental() and not left_out() %}
    and (feed, month_on, inputs) not in (select feed, month_on, inputs from {{ ref('figure__made_from') }})
    {%- endif %};
    {%- if not left_out() %}
    insert into ops.built_month (model, feed, month_on, inputs, revision)
    select '{{ figures_model() }}', feed, month_on, inputs, nextval('ops.built_revision')
    from {{ ref('figure__made_from') }}
    on conflict do nothing
    {%- endif %}
{% endmacro %}

{# The model that keeps all figures, by its name in ops.built_month. #}
{% macro figures_model() -%}fct_indicator_value{%- endmacro %}

{# In the place of a feed: what every figure rests on. #}
{% macro of_all_figures() -%}every figure{%- endmacro %}

{# The condition on a row of fct_indicator_value that is replaced, or whose period is none any more. #}
{% macro is_figure_made_anew() -%}
    (
        (indicator_id, period_id) in (select indicator_id, period_id from {{ ref('figure__touched') }})
        or period_id not in (select period_id from {{ ref('dim_period') }})
    )
    {%- if left_out() %} and indicator_id not in ({{ left_out_ids() }}){% endif %}
{%- endmacro %}
