{{ frozen(ref('dim_area_outline')) }}
