-- depends_on: {{ ref('figure__coverage') }}
{{ coverage(known_on()) }}
