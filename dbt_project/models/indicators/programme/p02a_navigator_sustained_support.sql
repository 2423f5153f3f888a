-- Of the site, and of the county.
{{ count_events(
    ref('int_ed__navigator_referral') ~ " cross join lateral (values (area_code), ('LANCS-14')) as place (place_code)",
    where='is_engaged',
    numerator='session_count > 1',
    denominator='true',
    area='place_code'
) }}
