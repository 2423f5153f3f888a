{{ comparison() }}
