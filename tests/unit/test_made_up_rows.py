"""What fills synthetic rows where a cell looks at another one, at the extract or at a person. Issue 14, point 7."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest

from vrn.feeds import contract as contracts
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.settings import REPOSITORY
from vrn.synthetic import extracts, rows, values

NO_ACTION = "A no further action disposal"


def delivery(places, feed: str, name: str, supplier: str | None = None) -> tuple[str, dict[str, rows.Rows]]:
    """The name of a feed's main entity, and the rows of all entities in a delivery of the period of that name."""
    path = REPOSITORY / "expectations" / f"{feed}.odcs.yaml"
    contract = contracts.load(path, Period.parse(contracts.load(path, ANY_PERIOD).kind, name))
    period = Period.parse(contract.kind, name)
    return contract.main.name, rows.of_delivery(contract, period, supplier or next(iter(contract.suppliers)), places)


def made(places, feed: str, name: str, supplier: str | None = None) -> rows.Rows:
    """The rows of the main entity."""
    main, entities = delivery(places, feed, name, supplier)
    return entities[main]


def test_a_choice_can_go_by_what_another_column_says(places):
    found = Counter(
        row["outcome"] == NO_ACTION
        for row in made(places, "police_stop_search", "2019-05")
        if row["is_outcome_linked_to_object"] == "True"
    )
    assert found[False] > found[True]


def test_a_day_after_the_extract_is_blank_and_so_is_what_hangs_on_it(places):
    period = Period.month("2019-05")
    days = Counter(row["outcome_date"] for row in made(places, "police_crime", "2019-05"))
    assert days[""] > 0
    assert max(days) <= extracts.day(period).isoformat()
    assert all(bool(row["outcome_date"]) == bool(row["outcome_type"]) for row in made(places, "police_crime", "2019-05"))


def test_a_day_that_has_to_stand_there_is_the_extracts_when_it_would_be_later(places):
    """POL-042 warns of a crime that was reclassified after its extract, and POL-036 of one without the day."""
    extract = extracts.day(Period.month("2019-11")).isoformat()
    reclassified = [row for row in made(places, "police_crime", "2019-11") if row["prior_ho_code"]]
    assert len(reclassified) == 9
    assert all(row["date_recorded"] <= row["reclassified_at"][:10] <= extract for row in reclassified)


def test_a_person_has_the_same_number_in_every_delivery(places):
    before, after = ({row["child_id"]: row for row in made(places, "cin_census", year, "888")} for year in ("2018-19", "2019-20"))
    both = before.keys() & after.keys()
    assert both
    assert {number for number in both if before[number]["sex"] != after[number]["sex"]} == set()


def test_rows_beside_strata_are_of_no_stratum(places):
    within, without = (
        Counter(row["crime_type"] for row in made(places, "police_street_crime", name)) for name in ("2019-05", "2021-05")
    )
    assert within["Robbery"] == 113
    assert without["Robbery"] == 0
    assert 500 < without.total() < 700


def test_a_column_is_made_after_those_that_it_looks_at(places):
    contract = contracts.load(REPOSITORY / "expectations" / "police_crime.odcs.yaml", Period.month("2019-05"))
    order = [cell.name for cell in values.cells(contract.main.columns)]
    assert order.index("date_recorded") < order.index("outcome_date") < order.index("outcome_type")


@pytest.mark.parametrize("supplier", ["888", "889", "890"])
@pytest.mark.parametrize("year", ["2018-19", "2019-20"])
def test_a_child_with_a_plan_is_a_child_in_need(places, year, supplier):
    """Issue 15, A: R10 was more than R09 in three ethnic groups, for plans were made of episodes that were closed or nothing."""
    _, entities = delivery(places, "cin_census", year, supplier)
    in_need = {row["child_id"] for row in entities["episode"] if not row["closed_on"] and row["is_no_further_action"] == "false"}
    planned = {row["child_id"] for row in entities["child_protection_plan"]}
    assert len(planned) > 20
    assert planned <= in_need


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"kind": "choise"}, "sex: no way to make a synthetic value of kind choise"),
        ({"kind": "choice"}, "sex: a synthetic value of kind choice needs 'weights'"),
        ({}, "sex: no way to make a synthetic value of kind None"),
    ],
)
def test_a_column_that_cannot_be_made_up_is_named_when_it_has_to_be(how, sentence):
    column = SimpleNamespace(name="sex", synthetic=how)
    row = values.Row(Period.month("2019-05"), date(2019, 6, 5), random.Random(1), {}, 1)
    assert values.fill(row, values.cells((column,)), {"sex": "F"}) == {"sex": "F"}
    with pytest.raises(ValueError, match=sentence):
        values.fill(row, values.cells((column,)), {})


def test_a_column_of_which_nothing_but_how_often_it_is_blank_is_said_is_blank():
    column = SimpleNamespace(name="sex", synthetic={"blankShare": 0.1})
    row = values.Row(Period.month("2019-05"), date(2019, 6, 5), random.Random(1), {}, 1)
    assert values.fill(row, values.cells((column,)), {}) == {"sex": ""}
