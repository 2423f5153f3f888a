-- depends_on: {{ ref('figure__count') }}
{{ count_of_period(known_on()) }}
