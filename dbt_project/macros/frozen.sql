{# What publish is made of: rows that were kept with a release (plugins/vrn/publish/frozen.py). #}

{# The rows of a model as the latest release has them. A column that the model has got since is NULL in them. #}
{% macro frozen(model) -%}
    select kept.*
    from {{ source('ops', 'frozen_row') }} as frozen_row
    cross join lateral jsonb_populate_record(null::{{ model }}, frozen_row.content) as kept
    where frozen_row.relation = '{{ model.identifier }}' and frozen_row.until_release is null
{%- endmacro %}

{# The release that was made last; a clock may have gone back since the one before. #}
{% macro latest_release() -%}
    (select release_id from {{ source('ops', 'release') }} order by release_number desc limit 1)
{%- endmacro %}
