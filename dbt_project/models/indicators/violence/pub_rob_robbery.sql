{{ street_crime_count('PUB-ROB', 'Robbery') }}
