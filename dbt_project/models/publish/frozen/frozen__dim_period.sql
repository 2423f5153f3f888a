{{ frozen(ref('dim_period')) }}
