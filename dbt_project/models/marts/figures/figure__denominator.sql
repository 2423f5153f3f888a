{{ denominator() }}
