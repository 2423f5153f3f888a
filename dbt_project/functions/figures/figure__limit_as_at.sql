-- depends_on: {{ ref('figure__limit') }}
{{ limit(known_on()) }}
