-- depends_on: {{ ref('figure__value') }}
{{ value(known_on()) }}
