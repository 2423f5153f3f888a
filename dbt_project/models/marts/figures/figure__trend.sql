{{ trend() }}
