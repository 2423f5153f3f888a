"""Disclosure control over the made-up county: what is hidden cannot be worked out of what is shown."""

from __future__ import annotations

import pytest

from tests import attack, worlds
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

pytestmark = pytest.mark.services
# Of each policy some, monthly and yearly, with groups and without; all of them would take the attack an hour.
ATTACKED = ("PUB-WPN", "V13", "V14", "V17", "S04", "S11", "R09", "R10")
DIMENSIONS = ("dim_indicator", "dim_area", "dim_period")


def test_no_suppressed_count_of_the_county_can_be_worked_out(county):
    figures = county.frame(
        "select * from marts.fct_indicator_value where count is not null and indicator_id = any(%s)", list(ATTACKED)
    )
    figures["count"] = figures["count"].astype(float)
    indicators, areas, periods = (county.frame(f"select * from marts.{name}") for name in DIMENSIONS)
    decided = disclosure.decide(figures, indicators, areas, periods)
    policies_of = dict(zip(indicators["indicator_id"], indicators["suppression_policy"], strict=True))
    found, found_by_primary_rules = [], []
    for indicator in ATTACKED:
        own = (figures["indicator_id"] == indicator).to_numpy()
        some, answers = figures[own].reset_index(drop=True), decided[own].reset_index(drop=True)
        matrix = attack.atoms_of(some, areas, periods, has_rest=True)
        known = policies.POLICIES[policies_of[indicator]].known_range
        for hidden, narrow in (
            (worlds.suppressed(answers), found),
            ((answers["decision"] == "suppressed_primary").to_numpy(), found_by_primary_rules),
        ):
            seen = attack.seen(matrix, ~hidden, known, some["count"].to_numpy())
            narrow += worlds.too_narrow(some, answers, seen, policies_of[indicator], most=40)
    assert found == []
    # So the attack can see what it is to find.
    assert found_by_primary_rules
