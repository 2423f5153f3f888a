-- depends_on: {{ ref('figure__ratio') }}
{{ ratio(known_on()) }}
