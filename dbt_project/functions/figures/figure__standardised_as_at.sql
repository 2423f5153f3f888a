-- depends_on: {{ ref('figure__standardised') }}
{{ standardised(known_on()) }}
