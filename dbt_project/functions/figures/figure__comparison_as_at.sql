-- depends_on: {{ ref('figure__comparison') }}
{{ comparison(known_on()) }}
