"""Disclosure control over the made-up county: what is hidden cannot be worked out of what is shown, by whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from tests import attack, worlds
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

pytestmark = pytest.mark.services
# Of each policy some, monthly and yearly, with groups and without; all of them would take the attack an hour.
ATTACKED = ("V01", "V11", "V13", "V14", "V17", "S04", "S11", "R09", "R10")
DIMENSIONS = ("dim_indicator", "dim_area", "dim_period")
MOST, MOST_OF_PARTNER = 40, 6


class County:
    """The figures that are attacked, with what they are about and what partners know of them."""

    def __init__(self, county):
        self.figures = county.frame(
            "select * from marts.fct_indicator_value where numerator is not null and indicator_id = any(%s) "
            "and area_code not in (select area_code from marts.dim_area where area_type = 'unplaced')",
            list(ATTACKED),
        )
        # As a release judges them: who reads of an incomplete zero has no count of it, and knows that it is one.
        self.figures["count"] = self.figures["numerator"].astype(float)
        self.indicators, self.areas, self.periods = (county.frame(f"select * from marts.{name}") for name in DIMENSIONS)
        self.known = county.frame("select partner, indicator_id, area_code from marts.partner_known_area")
        self.policies = dict(zip(self.indicators["indicator_id"], self.indicators["suppression_policy"], strict=True))

    def decide(self, figures: pd.DataFrame, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
        return disclosure.decide(figures, self.indicators, self.areas, self.periods, earlier, self.known)

    def seen(self, figures: pd.DataFrame, hidden: np.ndarray, own: np.ndarray | bool = False) -> attack.Figures:
        """Of one indicator's figures what the attacker sees. own: which it knows, though they are hidden."""
        may_be_none = attack.may_be_none(figures, ~hidden, self.areas)
        known = policies.POLICIES[self.policies[figures["indicator_id"].iloc[0]]].known_range
        matrix = attack.atoms_of(figures, self.areas, self.periods, has_rest=True)
        return attack.seen(matrix, ~hidden | own, known, figures["count"].to_numpy(), may_be_none)

    def each(self, decided: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
        """Of each indicator its policy, figures and decisions."""
        for indicator in ATTACKED:
            own = (self.figures["indicator_id"] == indicator).to_numpy()
            yield self.policies[indicator], *(some[own].reset_index(drop=True) for some in (self.figures, decided))


@pytest.fixture(scope="module")
def made_up(county) -> County:
    return County(county)


def test_in_the_area_that_a_partner_is_taken_to_know_nobody_else_counts(county):
    """A team's children who live elsewhere made it know a part of its neighbours' counts, and what others sent by subtraction."""
    elsewhere = county.rows(
        "select outcome.supplier, outcome.area_code from intermediate.int_youth_justice__outcome as outcome "
        "inner join reference.partner_feed as sent on sent.feed = 'yot_caseload' and outcome.supplier = sent.supplier "
        "left join reference.area_member as own on sent.area_code = own.area_code and outcome.area_code = own.leaf_code "
        "where own.leaf_code is null and outcome.area_code != sent.area_code"
    )
    assert elsewhere == []
    places = county.rows("select distinct supplier, area_code from intermediate.int_youth_justice__outcome")
    assert len(places) > 10


@pytest.fixture(scope="module")
def decided(made_up) -> pd.DataFrame:
    return made_up.decide(made_up.figures)


def test_no_suppressed_count_of_the_county_can_be_worked_out(made_up, decided):
    found, found_by_primary_rules = [], []
    for policy, some, answers in made_up.each(decided):
        for hidden, narrow in (
            (worlds.suppressed(answers), found),
            ((answers["decision"] == "suppressed_primary").to_numpy(), found_by_primary_rules),
        ):
            narrow += worlds.too_narrow(some, answers, made_up.seen(some, hidden), policy, most=MOST)
    assert found == []
    # So the attack can see what it is to find.
    assert found_by_primary_rules


def test_no_partner_can_work_out_anothers_count_with_its_own(made_up, decided):
    """Issue 16, A2."""
    attackers = set()
    for policy, some, answers in made_up.each(decided):
        for partner, knows in made_up.known.groupby("partner"):
            own = pd.MultiIndex.from_frame(some[["indicator_id", "area_code"]]).isin(
                pd.MultiIndex.from_frame(knows[["indicator_id", "area_code"]])
            )
            hidden = worlds.suppressed(answers)
            if own.any() and not own.all() and hidden.any():
                seen = made_up.seen(some, hidden, own)
                assert worlds.too_narrow(some, answers, seen, policy, most=MOST_OF_PARTNER) == [], partner
                attackers.add(partner)
    assert len(attackers) > 1


# Made-up worlds try the same at each commit (test_disclosure.py, two releases together); here all of the county is judged twice.
@pytest.mark.nightly
def test_who_has_an_earlier_release_as_well_works_out_no_more(made_up):
    """Issue 16: a reader of two releases, of which the second has later periods."""
    ends = made_up.figures["period_id"].map(dict(zip(made_up.periods["period_id"], made_up.periods["end_on"], strict=True)))
    is_first = (ends <= ends.sort_values().iloc[len(ends) * 2 // 3]).to_numpy()
    first = made_up.figures[is_first].reset_index(drop=True)
    before = made_up.decide(first)
    memory = first[[*disclosure.KEY, "count", "denominator"]].assign(
        release="1", is_published=(before["decision"] == "publish").to_numpy()
    )
    decided = made_up.decide(made_up.figures, memory)
    attacked = 0
    for policy, some, answers in made_up.each(decided):
        indicator = some["indicator_id"].iloc[0]
        old, old_answers = (one[(first["indicator_id"] == indicator).to_numpy()].reset_index(drop=True) for one in (first, before))
        if old.empty:
            continue
        # Nothing was restated, so that the same figure is known from either.
        rows = pd.MultiIndex.from_frame(some[disclosure.KEY]).get_indexer(pd.MultiIndex.from_frame(old[disclosure.KEY]))
        shown_before = np.zeros(len(some), dtype=bool)
        shown_before[rows] = ~worlds.suppressed(old_answers)
        hidden = worlds.suppressed(answers)
        exposed = (answers["reason"] == "cannot_be_hidden").to_numpy()
        seen = made_up.seen(some, hidden, shown_before)
        wanted = np.setdiff1d(seen.wanted, np.flatnonzero(exposed))
        seen = attack.Figures(seen.matrix, seen.low, seen.high, wanted)
        assert worlds.too_narrow(some, answers, seen, policy, most=MOST_OF_PARTNER) == [], indicator
        attacked += len(wanted)
    assert attacked
