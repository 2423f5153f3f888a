"""The DfE's fake census and 903 files go through, and the verdicts are the rule numbers that they deserve.

tests/expected_children.csv was made from the raw files by other means (the standard library's csv and xml).
Source of the files: see PROVENANCE in the shared data; they are FAKE and not in this repository.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from tests.conftest import real
from vrn.feeds.contract import UNREADABLE
from vrn.ledger import findings
from vrn.receive import landing
from vrn.run import ingest

EXPECTED = Path(__file__).parents[1] / "expected_children.csv"
AUTHORITY = "888"
# The census is of the year in which its reference date lies.
CENSUSES = {"CIN_Census_2021.xml": "2022-23", "CIN_Census_2024.xml": "2023-24"}
AGREEMENT = """
- agreement: TEST-1
  suppliers: ['888']
  feed: {feed}
  purpose: test
  legal_gateway: fake data
  controller: nobody
  fields: [{fields}]
  valid_from: 2000-01-01
  valid_to: 2100-01-01
  status: active
"""


def expected(of) -> dict[str, int]:
    """Rows of each rule, over the files that `of` takes."""
    with EXPECTED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if of(row["file"])]
    return {code: sum(int(row["rows"]) for row in rows if row["rule_code"] == code) for code in {row["rule_code"] for row in rows}}


def verdict(inbox, feed: str, name: str, content: bytes) -> tuple[dict, dict[str, int]]:
    """The ledger's row of a delivery, and how many rows broke each rule."""
    fields = ", ".join(sorted(inbox.contract(feed).fields))
    inbox.settings.agreements.write_text(AGREEMENT.format(feed=feed, fields=fields))
    inbox.drop(feed, name, content)
    (row,) = inbox.take_in(feed)
    found: dict[str, int] = {}
    for message in findings.of(inbox.connection, row["submission_id"]):
        if message["rule_code"].startswith(("CIN", "903")):
            found[message["rule_code"]] = found.get(message["rule_code"], 0) + message["row_count"]
    return row, found


def was_judged(row: dict) -> bool:
    """Whether every rule looked at the delivery. Fake children break so many rules that most of their rows are set aside."""
    return row["status"] == "accepted" or row["status_reason"].startswith("GEN-018")


@pytest.mark.parametrize("name", CENSUSES)
def test_the_fake_census_breaks_the_rules_that_it_breaks_and_no_others(inbox, name):
    # Whose it is stands in its header; nobody would send us the City of London's.
    content = real("children", "cin", name).read_bytes().replace(b"<LEA>201", f"<LEA>{AUTHORITY}".encode())
    row, found = verdict(inbox, "cin_census", f"{CENSUSES[name]}-{AUTHORITY}-cin-census.xml", content)
    assert was_judged(row), (row["status"], row["status_reason"])
    assert found == expected(lambda file: file == f"cin/{name}")


@pytest.mark.parametrize("year", range(2017, 2022))
def test_a_fake_903_set_breaks_the_rules_that_it_breaks_and_no_others(inbox, year):
    folder = real("children", "ssda903")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob(f"{year}-*.csv")):
            archive.write(path, path.name)
    row, found = verdict(inbox, "ssda903", f"{year}-{(year + 1) % 100}-{AUTHORITY}-ssda903.zip", packed.getvalue())
    assert was_judged(row), (row["status"], row["status_reason"])
    assert found == expected(lambda file: file.startswith(f"ssda903/{year}-"))


def test_t087_a_903_date_in_another_form_is_set_aside_and_told_by_row(inbox):
    folder = real("children", "ssda903")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob("2021-*.csv")):
            text = path.read_text()
            if path.name == "2021-episodes.csv":
                lines = text.splitlines()
                cells = lines[3].split(",")
                cells[1] = "1st of April"
                lines[3] = ",".join(cells)
                text = "\n".join(lines) + "\n"
            archive.writestr(path.name, text)
    row, _ = verdict(inbox, "ssda903", f"2021-22-{AUTHORITY}-ssda903.zip", packed.getvalue())
    unreadable = [one for one in findings.of(inbox.connection, row["submission_id"]) if one["rule_code"] == UNREADABLE.code]
    assert [(one["entity"], one["row_numbers"]) for one in unreadable] == [("episodes", [4])]


def test_without_an_agreement_not_a_byte_of_a_childs_file_is_kept(inbox):
    content = real("children", "cin", "CIN_Census_2024.xml").read_bytes()
    inbox.drop("cin_census", f"2023-24-{AUTHORITY}-cin-census.xml", content)
    (row,) = inbox.take_in("cin_census")
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-008")
    assert not landing.is_there(inbox.settings, row["submission_id"], row["file_name"])
    assert ingest.held([[row["submission_id"]]]) == []
