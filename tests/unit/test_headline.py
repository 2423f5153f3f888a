"""The table at the end of `make run`: figures first, what awaits a feed in one line (issue 13, part G)."""

from __future__ import annotations

import io
import re

import psycopg
import pytest
from rich.console import Console

from tests import submissions
from vrn.report import headline
from vrn.settings import Settings

FIGURE = """
update marts.fct_indicator_value as value
set status = %(status)s, count = %(count)s::integer, denominator = 1000, value = %(count)s::integer, lower_ci_95 = 1,
    upper_ci_95 = 2, is_synthetic = %(is_synthetic)s
where indicator_id = %(indicator)s and area_code in ('LANCS-14', 'E23000003')
    and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')
    and period_id = (
        select max(period_id) from marts.fct_indicator_value as last
        inner join marts.dim_period using (period_id)
        where last.indicator_id = value.indicator_id and period_type = 'rolling_12_months'
    )
"""

WHOLE = {"period_start": "2020-01-01", "rows_in_file": 0, "rows_accepted": 0, "rows_quarantined": 0, "rows_duplicate": 0}


def figure(
    owner: psycopg.Connection, indicator: str, *, status: str = "ok", count: int | None = 5, synthetic: bool = False
) -> None:
    said = {"indicator": indicator, "status": status, "count": count, "is_synthetic": synthetic}
    assert owner.execute(FIGURE, said).rowcount == 2


def shown(owner: psycopg.Connection, width: int = 130) -> list[str]:
    screen = io.StringIO()
    headline.show(Settings(), owner, Console(file=screen, width=width, highlight=False, soft_wrap=width == 130))
    return [line.strip() for line in screen.getvalue().splitlines()]


@pytest.fixture
def owner(built_server, owner) -> psycopg.Connection:
    return owner


def test_what_awaits_a_feed_is_one_line_below_what_has_a_figure(owner):
    figure(owner, "V10")
    figure(owner, "PUB-ROB")
    figure(owner, "V06", status="incomplete", count=None)
    lines = shown(owner)
    first = [line.split()[0] for line in lines if line[:1] in ("V", "P") and not line.startswith("Violence")]
    assert first == ["PUB-ROB", "V10", "V06"]
    (waiting,) = [line for line in lines if line.startswith("No delivery yet for: ")]
    assert waiting.startswith("No delivery yet for: PUB-VSO Violence and sexual offences (public); PUB-WPN")
    assert "V01 Homicide; V02" in waiting
    assert not any(name in waiting for name in ("V10 ", "V06 ", "PUB-ROB"))
    assert any("incomplete" in line for line in lines if line.startswith("V06"))
    assert not any("SYNTHETIC" in line for line in lines)


def test_a_count_that_nothing_divides_has_its_period_and_says_so_in_the_place_of_the_value(owner):
    """Issue 16, E: the column of periods said "no_denominator"."""
    figure(owner, "V10", status="no_denominator")
    (line,) = [line for line in shown(owner) if line.startswith("V10")]
    assert re.search(r"V10 +Robbery +Twelve months to .* 5 +no denominator", line)


def test_a_home_without_a_figure_shows_no_empty_table(owner):
    lines = shown(owner)
    assert [line.split(":")[0] for line in lines] == ["No delivery yet for", "Indicators with a figure"]


def test_what_is_made_up_is_said_by_the_title_and_in_a_mixed_home_by_each_row(owner):
    figure(owner, "V10", synthetic=True)
    lines = shown(owner)
    assert any("SYNTHETIC, made up for trying things" in line for line in lines)
    assert not any("(synthetic)" in line for line in lines)
    figure(owner, "V06")
    marked = {line.split()[0]: "(synthetic)" in line for line in shown(owner) if line.startswith(("V06", "V10"))}
    assert marked == {"V06": False, "V10": True}


def test_without_a_built_figure_it_says_whether_anything_was_accepted(owner):
    owner.execute("drop table marts.fct_indicator_value cascade")
    assert shown(owner) == ["No indicators yet: nothing was accepted."]
    submissions.came(owner, "a.csv", status="accepted", **WHOLE)
    assert shown(owner) == ["No indicators yet: deliveries were accepted, and no build of the outcomes has come so far."]


@pytest.mark.parametrize("width", [80, 130])
def test_it_fits_the_screen_and_names_the_unit_of_each(owner, width):
    figure(owner, "V04")
    lines = shown(owner, width)
    table = lines[: next(number for number, line in enumerate(lines) if line.startswith("Intervals are"))]
    assert max(map(len, table)) <= width
    assert any("per 100,000" in line for line in table)


def test_an_indicator_that_has_no_figure_of_the_county_is_said_to_be_missing_from_the_table(owner):
    """Issue 14, point 10: with `geo_levels: [district]` it was left out without a word."""
    figure(owner, "V06")
    assert not any("Not in this table" in line for line in shown(owner))
    owner.execute("update marts.dim_indicator set geo_levels = '{district}' where indicator_id = 'V10'")
    owner.execute("delete from marts.fct_indicator_value where indicator_id = 'V10' and area_code in ('LANCS-14', 'E23000003')")
    (line,) = [line for line in shown(owner) if line.startswith("Not in this table")]
    assert "V10 Robbery (its geo_levels are district; county_14 is the county)" in line
