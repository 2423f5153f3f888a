{{ search_outcome_share('S07b', 'is_object_found') }}
