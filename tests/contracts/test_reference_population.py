"""The ONS's own workbook of populations is taken as published, and refused or held where it cannot be right (issue 15, B2)."""

from __future__ import annotations

import pytest

from tests.myeb import DISTRICTS, residents, workbook

FEED = "reference_population"
NAME = "myebtablesenglandwales20112024.xlsx"


def test_the_workbook_serves_under_its_own_name_with_every_district_that_it_has(taken):
    row, _ = taken(workbook(2024), NAME)
    assert (row["status"], row["rows_accepted"]) == ("accepted", 15 * 2 * 91)
    assert (row["period_start"].isoformat(), row["period_end"].isoformat()) == ("2024-04-01", "2025-03-31")


def test_a_second_edition_of_a_year_takes_the_place_of_the_first(taken):
    first, _ = taken(workbook(2023), "myebtablesenglandwales20112023.xlsx")
    second, _ = taken(workbook(2023, lambda *of: residents(*of) + 1), "myebtablesenglandwales20112023v2.xlsx")
    assert (first["status"], second["status"]) == ("accepted", "accepted")
    assert first["period_start"] == second["period_start"]


def test_of_an_edition_with_two_geographies_the_sheet_of_2023_is_read(taken):
    row, _ = taken(
        workbook(2022, sheets=("MYEB1 (2021 Geography)", "MYEB1 (2023 Geography)")), "myebtablesenglandwales20112022v3.xlsx"
    )
    assert row["status"] == "accepted"


def test_a_workbook_without_the_sheet_is_refused_with_the_name_that_it_should_have(taken):
    row, codes = taken(workbook(2024, sheets=("MYEB3",)), NAME)
    assert (row["status"], set(codes)) == ("refused", {"GEN-010"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda: workbook(2024, districts=DISTRICTS[1:]), "RPO-002"),
        (lambda: workbook(2024, districts=(*DISTRICTS, DISTRICTS[0])), "RPO-002"),
        (lambda: workbook(2024, lambda d, s, a, y: None if (y, a) == (2019, 7) else residents(d, s, a, y)), "RPO-003"),
        (lambda: workbook(2024, districts=(*DISTRICTS, None)), "RPO-010"),
        (lambda: workbook(2024, sexes=("F", "X")), "RPO-011"),
        (lambda: workbook(2024, ages=range(92)), "RPO-012"),
        (lambda: workbook(2023), "RPO-003"),
        (lambda: workbook(2025), "RPO-004"),
        (
            lambda: workbook(2024, lambda d, s, a, y: -1 if (d, y, a) == (DISTRICTS[3], 2024, 7) else residents(d, s, a, y)),
            "RPO-005",
        ),
    ],
    ids=[
        "a district is missing",
        "a district comes twice",
        "a blank",
        "no code",
        "no sex",
        "an age too many",
        "a year is missing",
        "a year too many",
        "less than nobody",
    ],
)
def test_a_workbook_that_cannot_be_right_is_refused_and_its_message_says_why(taken, content, code):
    row, codes = taken(content(), NAME)
    assert row["status"] == "refused"
    assert code in codes


def test_a_district_that_grew_by_a_twentieth_in_a_year_is_held_for_a_person(taken):
    grown = workbook(2024, lambda d, s, a, y: residents(d, s, a, y) + (30 if (d, y) == (DISTRICTS[5], 2024) else 0))
    row, codes = taken(grown, NAME)
    assert row["status"] == "held"
    assert "RPO-006" in codes


def test_the_workbook_of_one_year_is_not_taken_and_its_message_names_the_one_that_is(inbox):
    inbox.drop(FEED, "mye24tablesew.xlsx", workbook(2024))
    (row,) = inbox.take_in(FEED)
    said = inbox.connection.execute("select message from ops.message where submission_id = %s", [row["submission_id"]]).fetchall()
    assert row["status"] == "refused"
    assert any("myebtablesenglandwales" in one["message"] for one in said)
