{{ search_outcome_share('S07a', 'is_action_taken') }}
