{{ completeness() }}
