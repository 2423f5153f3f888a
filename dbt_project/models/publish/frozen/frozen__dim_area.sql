{{ frozen(ref('dim_area')) }}
