-- depends_on: {{ ref('figure__denominator') }}
{{ denominator(known_on()) }}
