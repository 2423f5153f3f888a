-- depends_on: {{ ref('figure__trend') }}
{{ trend(known_on()) }}
