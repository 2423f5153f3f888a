-- depends_on: {{ ref('figure__expected') }}
{{ expected(known_on()) }}
