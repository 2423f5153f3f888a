{{ quintile() }}
