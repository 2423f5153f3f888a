{{ reported_values(ref('int_survey__after_school_activities')) }}
