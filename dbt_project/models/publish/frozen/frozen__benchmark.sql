{{ frozen(ref('benchmark')) }}
