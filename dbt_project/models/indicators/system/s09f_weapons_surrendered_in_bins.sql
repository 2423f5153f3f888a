{{ count_events(
    ref('int_weapon__asset_deployment'),
    where='is_surrender_bin',
    total='weapons_count',
    withheld='is_weapons_count_withheld'
) }}
