{{ street_crime_count('PUB-WPN', 'Possession of weapons') }}
