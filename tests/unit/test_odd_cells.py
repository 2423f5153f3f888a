"""Cells as people and programs write them: one reading is taken and said, of two readings none (issue 14, points 1 and 2)."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from vrn.feeds import contract as contracts
from vrn.feeds.columns import Column
from vrn.feeds.period import ANY_PERIOD
from vrn.feeds.reading import Reading
from vrn.settings import REPOSITORY
from vrn.stage.read import types
from vrn.stage.read.types import Cells
from vrn.stage.read.uses import Uses


def column(feed: str, name: str) -> Column:
    return contracts.load(REPOSITORY / "expectations" / f"{feed}.odcs.yaml", ANY_PERIOD).main.column(name)


ATTENDEES, POUNDS = column("programme_training", "attendees"), column("programme_grants", "award_gbp")
MONTH, DAY = column("police_street_crime", "month"), column("tiig_ed_attendance", "arrival_date")
CASE, AUDIENCE = column("programme_divert", "case_number"), column("programme_training", "audience")


def read(written: str, of: Column) -> Cells:
    return types.read(pa.array([written]), of, Reading(), Uses())


def is_unreadable(written: str, of: Column) -> bool:
    cells = read(written, of)
    assert cells.values.to_pylist() == [None]
    return cells.withheld is None and cells.unreadable is not None and cells.unreadable.to_pylist() == [True]


@pytest.mark.parametrize(
    "written",
    ["c. 1,200", "<1,000", "over 11,000", "just under 4,200", "at least 20", "more than 5", "around 30", "nearly 500", "roughly 9",
     "1-4", "5 – 10", "1 to 4", "1,200+", "unknown", "Not known", "~20", "<5"],
)  # fmt: skip
def test_a_number_of_which_nobody_can_say_which_it_is_is_withheld_and_not_unreadable(written):
    for one in (ATTENDEES, POUNDS):
        cells = read(written, one)
        assert (cells.values.to_pylist(), cells.withheld.to_pylist()) == ([None], [True])


@pytest.mark.parametrize("written", ["about £98,000", "~2.5", "< 12.5%"])
def test_so_is_one_of_pounds_or_with_decimals(written):
    assert read(written, POUNDS).withheld.to_pylist() == [True]


@pytest.mark.parametrize("written", ["0x10", "0X1F", "-", "n/a", "nil", "1.200", "12,00,000", "NaN", "5 people", "2019-20", "4-1"])
def test_what_is_no_number_or_could_be_two_is_unreadable(written):
    assert is_unreadable(written, ATTENDEES)


@pytest.mark.parametrize("written", ["null", "nan", "NaT", "<NA>", "#N/A"])
def test_what_programs_write_for_nothing_is_blank_and_no_identity_that_rows_share(written):
    for one in (ATTENDEES, CASE):
        cells = read(written, one)
        assert (cells.values.to_pylist(), cells.unreadable, cells.withheld) == ([None], None, None)


@pytest.mark.parametrize(
    ("written", "month"),
    [("Apr-20", date(2020, 4, 1)), ("Sept 2019", date(2019, 9, 1)), ("MARCH-2021", date(2021, 3, 1)),
     ("Apr-1920", date(1920, 4, 1)), ("Jan-2000", date(2000, 1, 1)), ("Jan-00", date(2000, 1, 1))],
)  # fmt: skip
def test_a_month_of_a_spreadsheet_keeps_the_century_that_it_says(written, month):
    assert read(written, MONTH).values.to_pylist() == [month]


@pytest.mark.parametrize("written", ["Apr-99", "Aprilfool-20", "Marchx 2020", "20-Apr", "Apr-2"])
def test_a_month_of_which_the_century_or_the_name_is_a_guess_is_unreadable(written):
    assert is_unreadable(written, MONTH)


@pytest.mark.parametrize("written", ["2020-04-01 99:99", "2020-04-01T24:00:00", "2020-04-01 23:60", "2020-04-01T23:00:00Z"])
def test_a_day_with_a_time_that_no_clock_shows_or_that_is_another_day_here_is_unreadable(written):
    assert is_unreadable(written, DAY)


@pytest.mark.parametrize("written", ["1.23457E+11", "1.23457e+11", "1,23457E+11", "12E+10"])
def test_an_identifier_that_a_program_shortened_is_no_identifier(written):
    assert is_unreadable(written, CASE)


@pytest.mark.parametrize("written", ["1E5", "12E3", "E+11", "A1.2E+11"])
def test_an_identifier_that_only_looks_so_is_kept(written):
    assert read(written, CASE).values.to_pylist() == [written]


@pytest.mark.parametrize("around", ["\u200b", "\ufeff", "\u00a0", " \u200b ", "\u2060"])
def test_what_cannot_be_seen_around_a_cell_is_no_part_of_it(around):
    for written, one, value in (("17", ATTENDEES, 17), ("police", AUDIENCE, "police"), ("C-17", CASE, "C-17")):
        assert read(f"{around}{written}{around}", one).values.to_pylist() == [value]
    assert read(around, CASE).values.to_pylist() == [None]
