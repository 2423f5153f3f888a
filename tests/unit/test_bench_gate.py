"""What the bench compares the gate with is asked the same: by hand every rule of its feed file, by a plain checkpoint of GX all but
the two that a file of its own cannot answer."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.bench import by_hand, checkpoint, machine, street
from vrn.feeds.contract import load
from vrn.feeds.period import Period
from vrn.gate import step as gate
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.stage import raw
from vrn.stage import step as staging
from vrn.warehouse.connection import connect

pytestmark = pytest.mark.services
ROWS = 600
MONTH = Period.month("2020-03")
ANOTHER = {"Month": "2020-02"}
# What is written into some rows of the file, beside those that are bad already. Those of one month too many are one in a hundred.
SPOILT = {
    **dict.fromkeys((11, 12, 13), ANOTHER),
    14: {"Month": ""},
    15: {"Month": "2020-13"},
    16: {"Crime ID": "", "Crime type": "Burglary"},
    17: {"Falls within": ""},
    18: {"Falls within": "Cumbria Constabulary"},
    19: {"LSOA name": ""},
    21: {"Crime type": ""},
    22: {"Longitude": "53.8", "Latitude": "-2.7"},
    23: {"Longitude": "east"},
    24: {"LSOA code": "E0101"},
    25: {"LSOA code": "", "Crime type": "No Location"},
    26: {"Last outcome category": "None"},
    # The same identifier twice, with a place in one of the rows and in none.
    27: {"Crime ID": "a" * 64, "LSOA code": ""},
    28: {"Crime ID": "a" * 64, "LSOA code": "E01024897"},
    29: {"Crime ID": "b" * 64, "LSOA code": ""},
    31: {"Crime ID": "b" * 64, "LSOA code": ""},
}
OF_ANOTHER_FORCE = {32: {"Reported by": "Cumbria Constabulary"}, 33: {"Reported by": ""}}
TOO_MANY_OF_ANOTHER_MONTH = dict.fromkeys((41, 42, 43, 44), ANOTHER)


@pytest.fixture(scope="module")
def home() -> Iterator[Settings]:
    with machine.server(VRN_CONTRACTS="{home}/contracts") as settings:
        street.write_contract(settings.contracts)
        yield settings


def asked(settings: Settings, spoilt: dict[int, dict[str, str]]) -> tuple[dict, dict]:
    """How many rows break each rule, by the gate and by hand."""
    path = settings.inbox / street.FEED / street.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    street.write_file(path, ROWS, settings)
    spoil(path, spoilt)
    (settings.home / "source.csv").write_bytes(path.read_bytes())
    with connect(settings, autocommit=True) as connection:
        submission_id = street.taken_in()
        contract = street.contract_of(settings, ledger.get(connection, submission_id))
        staging.take(connection, settings, ledger.get(connection, submission_id), contract)
        hand = by_hand.ask(connection, raw.partition(contract.main, submission_id), contract)
        gate.take(connection, settings, ledger.get(connection, submission_id), contract)
        return said(connection, submission_id), hand


def spoil(path: Path, spoilt: dict[int, dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row | spoilt.get(number, {}) for number, row in enumerate(reader)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, reader.fieldnames, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def said(connection: psycopg.Connection, submission_id: int) -> dict[str, int | None]:
    found = connection.execute(
        "select rule_code, unexpected_count from ops.validation_result where submission_id = %s", [submission_id]
    )
    return {row["rule_code"]: row["unexpected_count"] for row in found}


@pytest.mark.parametrize(
    "spoilt",
    [SPOILT, SPOILT | OF_ANOTHER_FORCE | TOO_MANY_OF_ANOTHER_MONTH],
    ids=["whose bad rows are set aside", "that is refused"],
)
def test_by_hand_as_many_rows_break_each_rule_as_the_gate_says_of_a_file(home, spoilt):
    ours, hand = asked(home, spoilt)
    assert hand == ours
    # Of each of them there is a row, but of the rules that refuse a file where it is to go on, and that a file has rows at all.
    unbroken = {code for code, rows in ours.items() if not rows}
    assert unbroken == {"PSC-001"} | (set() if spoilt != SPOILT else {"PSC-003", "PSC-016", "BEN-001"})
    assert len(ours) == 21


def test_the_checkpoint_is_asked_all_rules_but_two_and_says_of_the_benchs_file_what_the_gate_says(home):
    ours, hand = asked(home, {})
    assert hand == ours
    plain = checkpoint.ask(home.home / "source.csv", load(home.contracts / f"{street.FEED}.odcs.yaml", MONTH, "lancashire"))
    assert set(ours) - set(plain) == {"GEN-006", "PSC-017"}
    assert plain == {code: rows or 0 for code, rows in ours.items() if code in plain}
    assert ours["PSC-008"] == ROWS / street.EVERY_BAD
