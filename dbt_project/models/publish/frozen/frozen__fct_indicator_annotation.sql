{{ frozen(ref('fct_indicator_annotation')) }}
