{# What publish is made of: rows that were kept with a release (plugins/vrn/publish/frozen.py). #}

{# The rows of a model as the latest release has them. A column that the model has got since is NULL in them. #}
{% macro frozen(model) -%}
    select kept.*
    from {{ source('ops', 'frozen_row') }} as frozen_row
    cross join lateral jsonb_populate_record(null::{{ model }}, frozen_row.content) as kept
    where
        frozen_row.relation = '{{ model.identifier }}'
        and {{ latest_release('release_number') }} >= frozen_row.since_release
        and (frozen_row.until_release is null or {{ latest_release('release_number') }} < frozen_row.until_release)
{%- endmacro %}

{# The release that was made last, of those that were not given up; a clock may have gone back since the one before. #}
{% macro latest_release(column='release_id') -%}
    (select {{ column }} from {{ source('ops', 'release_in_force') }} order by release_number desc limit 1)
{%- endmacro %}
