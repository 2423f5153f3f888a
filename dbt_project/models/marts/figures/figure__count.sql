{{ count_of_period() }}
