{{ frozen(ref('fct_delivery_quality')) }}
