{{ ratio() }}
