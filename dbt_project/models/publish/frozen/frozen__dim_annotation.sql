{{ frozen(ref('dim_annotation')) }}
