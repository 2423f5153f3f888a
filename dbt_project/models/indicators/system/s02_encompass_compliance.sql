{{ count_events(
    ref('int_encompass__compliance'),
    where='is_number',
    total='referrals_completed',
    of='eligible_incidents',
    withheld='is_referrals_completed_withheld or is_eligible_incidents_withheld'
) }}
