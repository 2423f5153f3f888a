-- depends_on: {{ ref('figure__completeness') }}
{{ completeness(known_on()) }}
