{{ value() }}
