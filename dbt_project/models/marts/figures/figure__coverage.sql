{{ coverage() }}
