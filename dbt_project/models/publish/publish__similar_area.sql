select
    likeness.area_code,
    area.area_name,
    likeness.rank,
    likeness.similar_area_code,
    likeness.similar_area_name,
    likeness.distance,
    likeness.imd_score,
    likeness.under_25_percent,
    likeness.people_per_km2,
    likeness.minority_percent,
    likeness.similar_imd_score,
    likeness.similar_under_25_percent,
    likeness.similar_people_per_km2,
    likeness.similar_minority_percent
from {{ ref('frozen__similar_area') }} as likeness
inner join {{ ref('publish__area') }} as area on likeness.area_code = area.area_code
