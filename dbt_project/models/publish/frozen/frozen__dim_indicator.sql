{{ frozen(ref('dim_indicator')) }}
