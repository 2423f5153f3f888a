"""The grammar of feed files: what is wrong in one is said with the place where it stands."""

from __future__ import annotations

import copy
import re
from datetime import date

import pytest
import yaml

from vrn.errors import ContractError
from vrn.feeds import breaches
from vrn.feeds import contract as contracts
from vrn.feeds.document import apply_changes
from vrn.feeds.period import Period
from vrn.settings import REPOSITORY

FEED_FILES = sorted((REPOSITORY / "expectations").glob("*.odcs.yaml"))


@pytest.fixture
def document() -> dict:
    return yaml.safe_load((REPOSITORY / "expectations" / "police_stop_search.odcs.yaml").read_text(encoding="utf-8"))


def says(pattern: str, document: dict) -> bool:
    """Whether one of the breaches of a feed file reads like the pattern."""
    return any(re.search(pattern, breach) for breach in breaches.found(document))


@pytest.mark.parametrize("path", FEED_FILES, ids=lambda path: path.name)
def test_every_feed_file_is_a_valid_contract(path):
    assert contracts.load(path, Period.month("2020-03")).main.columns


def test_a_key_the_standard_does_not_know_is_named(document):
    document["schema"][0]["properties"][2]["clasification"] = "keep"
    assert says("clasification", document)


def test_a_feed_says_its_transport_and_its_airflow_connection(document):
    server = document["servers"][0]
    said = [
        *server["customProperties"],
        {"property": "transport", "value": "http"},
        {"property": "connection", "value": "police_uk"},
    ]
    server |= {"type": "custom", "customProperties": [*said, {"property": "remoteFiles", "value": ["{month}/street.csv"]}]}
    assert breaches.found(document) == []
    server["customProperties"] = said
    assert says("remoteFiles", document)


def test_a_column_without_a_privacy_class_is_refused(document):
    del document["schema"][0]["properties"][1]["classification"]
    assert says(r"searched_at: classification is missing", document)


@pytest.mark.parametrize(
    ("demo", "told"),
    [
        ("2019-04", r"synthetic\.demo: says from and until"),
        ({"from": "2019-04"}, r"synthetic\.demo: says from and until"),
        ({"from": "2018-03", "until": "2020-03"}, r"synthetic\.demo: lies within 2018-04 and 2020-06"),
        ({"from": "2020-03", "until": "2019-04"}, r"synthetic\.demo: .*from comes first"),
    ],
)
def test_the_demonstration_of_a_feed_lies_within_its_synthetic_deliveries(document, demo, told):
    filled = next(one for one in document["schema"][0]["customProperties"] if one["property"] == "synthetic")
    filled["value"]["demo"] = {"from": "2019-04", "until": "2020-03"}
    assert breaches.found(document) == []
    filled["value"]["demo"] = demo
    assert says(told, document)


def test_a_rule_that_looks_at_a_column_that_is_not_there_is_refused(document):
    document["schema"][0]["quality"][1]["implementation"]["kwargs"]["column"] = "agerange"
    assert says("looks at column 'agerange'", document)


def test_a_rule_with_an_unknown_outcome_is_refused(document):
    document["schema"][0]["quality"][0]["severity"] = "error"
    assert says("severity 'error'", document)


def test_a_rule_code_used_twice_is_refused(document):
    rules = document["schema"][0]["quality"]
    rules[1]["name"] = rules[0]["name"]
    assert says("used twice", document)


def test_a_change_holds_from_its_month_to_its_last_and_no_longer(document):
    document["customProperties"] = [
        {
            "property": "changes",
            "value": [{"from": "2019-04", "until": "2019-06", "why": "a trial", "at": "search.gender.enum", "add": ["Unknown"]}],
        }
    ]

    def codes(month):
        changed = apply_changes(document, Period.month(month), "feed")
        gender = next(column for column in changed["schema"][0]["properties"] if column["name"] == "gender")
        return {entry["value"] for entry in gender["enum"]}

    before = copy.deepcopy(document)
    assert "Unknown" not in codes("2019-03")
    assert "Unknown" in codes("2019-04")
    assert "Unknown" in codes("2019-06")
    assert "Unknown" not in codes("2019-07")
    assert document == before


def test_a_change_that_points_to_nothing_is_refused(document):
    document["customProperties"] = [
        {"property": "changes", "value": [{"from": "2019-04", "why": "?", "at": "search.nowhere.enum", "add": ["x"]}]}
    ]
    with pytest.raises(ContractError, match="points to nothing"):
        apply_changes(document, Period.month("2020-01"), "feed")


def test_a_leap_month_ends_on_its_29th_and_local_midnight_knows_summer_time():
    assert Period.month("2020-02").end == date(2020, 2, 29)
    assert Period.month("2020-06").placeholders()["period_start_at"] == "2020-06-01T00:00:00+01:00"
    assert Period.month("2020-12").placeholders()["next_period_start_at"] == "2021-01-01T00:00:00+00:00"


def test_the_shares_of_a_feed_are_its_own_and_the_rest_are_the_usual_ones(tmp_path, document):
    """Issue 13, point 13: what a feed file leaves out of `shares` stays as it is for every feed."""
    usual = _loaded(tmp_path, document).shares
    assert (usual.hold_set_aside, usual.refuse_set_aside, usual.hold_replace, usual.least_rows) == (0.1, 0.5, 0.8, None)
    document["customProperties"].append({"property": "shares", "value": {"holdSetAside": 0.02, "leastRows": 100}})
    own = _loaded(tmp_path, document).shares
    assert (own.hold_set_aside, own.refuse_set_aside, own.hold_replace, own.least_rows) == (0.02, 0.5, 0.8, 100)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        (0.1, r"customProperties\.shares: says some of holdSetAside"),
        ({"holdSetaside": 0.1}, r"customProperties\.shares: says some of holdSetAside"),
        ({"holdReplace": 80}, r"customProperties\.shares\.holdReplace: is a share"),
        ({"leastRows": 0.5}, r"customProperties\.shares\.leastRows: is a whole number"),
        ({"holdSetAside": 0.6}, r"customProperties\.shares: a delivery is held before it is refused"),
    ],
)
def test_shares_that_mean_nothing_are_refused(document, shares, told):
    document["customProperties"].append({"property": "shares", "value": shares})
    assert says(told, document)


def _loaded(folder, document: dict) -> contracts.Contract:
    path = folder / f"{document['id']}.odcs.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return contracts.load(path, Period.month("2020-03"))
