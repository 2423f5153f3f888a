{{ count_events(
    ref('int_ed__attendance'),
    where='is_assault',
    numerator='has_incident_time and has_assault_method and has_assault_location_type',
    denominator='true',
    area='site_area_code'
) }}
