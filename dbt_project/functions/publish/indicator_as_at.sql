-- depends_on: {{ ref('fct_indicator_value') }}
{{ refuse_null('$1', 'publish.indicator_as_at', 'the day', "publish.indicator_as_at(''2020-08-25'')") }}
{{ refuse_unknown(
    "select asked.id from unnest($2) as asked (id) where asked.id is null or asked.id not in (select indicator_id from "
    ~ ref('dim_indicator') ~ ")",
    'publish.indicator_as_at', 'indicator', 'publish.indicator'
) }}
return query
{{ indicator_value(known_on()) }};
