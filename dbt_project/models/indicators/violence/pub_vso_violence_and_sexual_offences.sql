{{ street_crime_count('PUB-VSO', 'Violence and sexual offences') }}
