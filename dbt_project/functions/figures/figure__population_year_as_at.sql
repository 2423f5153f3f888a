-- depends_on: {{ ref('figure__population_year') }}
{{ population_year(known_on()) }}
