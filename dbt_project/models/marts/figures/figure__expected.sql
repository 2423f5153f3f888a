{{ expected() }}
