-- Attendances carry no person and a navigator's case number meets none of them: nothing can be counted, and nothing is.
{{ count_events(ref('int_ed__navigator_referral'), where='false', numerator='false', denominator='is_engaged') }}
