{{ count_events(
    ref('int_sceptre__activity'),
    where='is_test_purchase',
    total='failed',
    of='passed + failed',
    withheld='is_passed_withheld or is_failed_withheld'
) }}
