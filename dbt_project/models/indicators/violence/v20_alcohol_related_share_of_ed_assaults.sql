-- Counted twice, where the patient lives and at the site; a site that is not reported on is no second unknown residence.
{{ count_events(
    ref('int_ed__attendance')
    ~ " cross join lateral (values (area_code), (nullif(site_area_code, 'UNK'))) as place (place_code)",
    where='is_assault and place_code is not null',
    numerator='is_alcohol_related',
    denominator='has_alcohol_answer',
    area='place_code'
) }}
