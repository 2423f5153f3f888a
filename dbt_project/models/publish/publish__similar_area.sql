select
    likeness.area_code,
    area.area_name,
    likeness.rank,
    likeness.similar_area_code,
    likeness.similar_area_name,
    likeness.distance
from {{ ref('frozen__similar_area') }} as likeness
inner join {{ ref('publish__area') }} as area on likeness.area_code = area.area_code
