{{ limit() }}
