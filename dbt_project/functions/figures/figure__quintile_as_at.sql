-- depends_on: {{ ref('figure__quintile') }}
{{ quintile(known_on()) }}
