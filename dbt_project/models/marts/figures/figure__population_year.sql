{{ population_year() }}
