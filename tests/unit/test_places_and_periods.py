"""Traps of time and place that a feed's reader meets: labels of periods, postcodes, figures with a qualifier."""

from __future__ import annotations

import csv
import io
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrn.errors import HomeError
from vrn.feeds.period import MONTHS, Period
from vrn.ledger import findings
from vrn.settings import REPOSITORY
from vrn.stage.postcodes import Postcodes


def test_t010_a_financial_year_ends_in_march_and_its_first_quarter_is_april_to_june():
    year, quarter = Period.parse("year", "2019-20"), Period.parse("quarter", "2020-21-Q1")
    assert (year.start, year.end, year.label) == (date(2019, 4, 1), date(2020, 3, 31), "2019/20")
    assert (quarter.start, quarter.end, quarter.label) == (date(2020, 4, 1), date(2020, 6, 30), "2020/21-Q1")
    assert Period.parse("quarter", "2019-20-Q4").end == date(2020, 3, 31)


def test_t011_a_census_year_is_a_financial_year_and_no_other_label_is_taken():
    for wrong in ("2019-21", "2020", "2019/20"):
        with pytest.raises(ValueError, match="year"):
            Period.parse("year", wrong)


def test_t012_february_of_a_leap_year_has_29_days():
    assert Period.month("2020-02").end == date(2020, 2, 29)
    assert Period.month("2100-02").end == date(2100, 2, 28)


@given(st.sampled_from(list(MONTHS)), st.dates(date(2010, 1, 1), date(2040, 12, 31)))
def test_a_periods_name_says_the_period_and_its_days_say_it_too(kind, day):
    period = Period.latest(kind, day, 1)[0]
    assert period.start <= day <= period.end
    assert Period.parse(kind, period.name) == period == Period.between(period.start, period.end)
    months = list(period.months())
    assert (months[0].start, months[-1].end, len(months)) == (period.start, period.end, MONTHS[kind])


def test_t053_a_postcode_is_found_however_it_is_written_and_an_ended_one_too(home):
    home.postcode_directory.parent.mkdir(parents=True)
    home.postcode_directory.write_text("pcds,doterm,lsoa11\nZY1 1AA,,E01012571\nZY1 1AB,201906,E01012572\n")
    written = pa.array(["ZY1 1AA", "zy11aa", " ZY1  1AA ", "ZY1 1AB", "ZY9 9ZZ", "", None])
    found = Postcodes.of(home).lsoa(written).to_pylist()
    assert found == ["E01012571"] * 3 + ["E01012572", None, None, None]


@pytest.mark.parametrize("header", ["pcds,lsoa21cd", "PCDS,LSOA21", "pcd7,oseast1m,lsoa11cd", " Pcds ,lsoa11"])
def test_the_postcode_directory_may_call_its_columns_as_any_edition_does(home, header):
    """The described case 18."""
    home.postcode_directory.parent.mkdir(parents=True)
    row = ",".join(
        "ZY1 1AA" if "pc" in name.lower() else "E01012571" if "lsoa" in name.lower() else "1" for name in header.split(",")
    )
    home.postcode_directory.write_text(f"{header}\n{row}\n")
    assert Postcodes.of(home).lsoa(pa.array(["zy1 1aa"])).to_pylist() == ["E01012571"]


def test_of_another_table_in_its_place_the_sentence_says_which_columns_it_has(home):
    home.postcode_directory.parent.mkdir(parents=True)
    home.postcode_directory.write_text("a,b\n1,2\n")
    with pytest.raises(HomeError, match=r"it has a, b\. .*only feeds with postcodes wait"):
        Postcodes.of(home)


def test_without_a_postcode_directory_nothing_is_read_and_the_sentence_says_where_it_goes(home):
    with pytest.raises(HomeError, match=r"postcodes\.csv is not there"):
        Postcodes.of(home)


def test_t003_a_total_that_is_not_its_sum_is_kept_beside_it_and_warned_of(inbox):
    inbox.drop("police_weapons", "2019-04-lancashire-weapons.synthetic.csv", inbox.text("police_weapons", "2019-04"))
    (row,) = inbox.take_in("police_weapons")
    said = {one["rule_code"]: one for one in findings.of(inbox.connection, row["submission_id"])}
    totals = inbox.connection.execute(
        "select weapon_class = 'total' as is_total, sum(quantity) as items from raw.police_weapons__recovery group by 1"
    ).fetchall()
    printed, summed = (next(one["items"] for one in totals if one["is_total"] is kind) for kind in (True, False))
    assert said["WEP-001"]["outcome"] == "warning"
    assert printed < summed


def test_t001_t002_t004_the_reports_figures_keep_their_printed_label_qualifier_and_correction():
    with (REPOSITORY / "dbt_project/seeds/framework/published_figure.csv").open(encoding="utf-8") as file:
        figures = list(csv.DictReader(file))
    assert not [row for row in figures if row["corrected_label"] == "Homicide" and float(row["value"]) > 100]
    shifted = [row for row in figures if row["printed_label"] == "Knife" and row["corrected_label"].startswith("Gun")]
    assert {float(row["value"]) for row in shifted} >= {119, 73}
    assert {row["value_qualifier"] for row in figures} <= {"exact", "approx", "at_least", "at_most", "about"}
    repeated = [row for row in figures if row["is_duplicate"] == "true"]
    assert {row["corrected_label"].split()[0] for row in repeated} == {"Child"}
    assert any(float(row["value"]) == 11_000 and row["value_qualifier"] == "at_least" for row in figures)


def test_t031_a_search_in_the_last_utc_hour_of_june_is_one_of_july(inbox):
    lines = inbox.text("police_stop_search", "2019-07").splitlines()
    for number, moment in ((3, "2019-06-30T23:30:00+00:00"), (5, "2019-07-31T23:30:00+00:00")):
        cells = lines[number].split(",")
        lines[number] = ",".join([cells[0], moment, *cells[2:]])
    inbox.drop("police_stop_search", "2019-07-lancashire-stop-and-search.synthetic.csv", "\n".join(lines) + "\n")
    (row,) = inbox.take_in("police_stop_search")
    kept = inbox.connection.execute("select row_number from quarantine.police_stop_search__search").fetchall()
    assert (row["status"], [one["row_number"] for one in kept]) == ("accepted", [6])


def changed(text: str, number: int, **values: str) -> str:
    """A CSV with some cells of a row (as a spreadsheet counts) written over."""
    rows = list(csv.DictReader(io.StringIO(text)))
    rows[number - 2] |= values
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_t054_an_attendance_of_somebody_from_elsewhere_is_kept_for_the_hospital(inbox):
    text = changed(inbox.text("tiig_ed_attendance", "2020-04"), 3, lsoa_residence="E01019155")
    inbox.drop("tiig_ed_attendance", "2020-04-rxl-ed-attendance.synthetic.csv", text)
    (row,) = inbox.take_in("tiig_ed_attendance")
    kept = inbox.connection.execute("select row_number from raw.tiig_ed_attendance__attendance where row_number = 3").fetchall()
    assert (row["status"], len(kept)) == ("accepted", 1)


def test_t055_a_point_with_its_coordinates_swapped_is_kept_and_warned_of(inbox):
    text = changed(inbox.text("police_street_crime", "2020-04"), 4, Longitude="53.8", Latitude="-2.7")
    inbox.drop("police_street_crime", "2020-04-lancashire-street.synthetic.csv", text)
    (row,) = inbox.take_in("police_street_crime")
    said = {one["rule_code"]: one["row_numbers"] for one in findings.of(inbox.connection, row["submission_id"])}
    assert (row["rows_quarantined"], said["PSC-009"], said["PSC-010"]) == (0, [4], [4])
