"""One mistake stays small: what fails in a build, or cannot be read, costs its own figures and no other (issue 13, point 6)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vrn.build import steps as build
from vrn.settings import REPOSITORY

STREET, SEARCHES, ATTENDANCES = "police_street_crime", "police_stop_search", "tiig_ed_attendance"
NAMES = {STREET: "{}-lancashire-street.synthetic.csv", SEARCHES: "{}-lancashire-stop-and-search.synthetic.csv"}
FORCE = "E23000003"
NO_SUCH_TABLE = "select * from raw.there_is_no_such_table\n"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A dbt project of the test's own."""
    folder = tmp_path / "project"
    shutil.copytree(REPOSITORY / "dbt_project", folder)
    monkeypatch.setenv("VRN_DBT_PROJECT", str(folder))
    return folder


@pytest.fixture
def feed_files(tmp_path, monkeypatch) -> Path:
    """Feed files of the test's own."""
    folder = tmp_path / "expectations"
    shutil.copytree(REPOSITORY / "expectations", folder)
    monkeypatch.setenv("VRN_CONTRACTS", str(folder))
    return folder


def deliver(inbox, feed: str, month: str) -> None:
    inbox.drop(feed, NAMES[feed].format(month), inbox.text(feed, month))
    assert [row["status"] for row in inbox.take_in(feed)] == ["accepted"]


def figures(owner, *indicators: str) -> dict[tuple[str, str], tuple]:
    """{(indicator, period): (status, count)} of the force's months of 2020."""
    rows = owner.execute(
        "select indicator_id, period_id, status, count from marts.fct_indicator_value where area_code = %s "
        "and indicator_id = any(%s) and period_id like '2020-%%' "
        "and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')",
        [FORCE, list(indicators)],
    )
    return {(row["indicator_id"], row["period_id"]): (row["status"], row["count"]) for row in rows}


def test_a_model_that_fails_costs_its_own_figures_and_those_are_what_they_were(built_server, project, inbox, owner):
    for feed in NAMES:
        deliver(inbox, feed, "2020-02")
    build.everything()
    before = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert {before[one, "2020-02"][0] for one in ("PUB-VSO", "PUB-ROB", "S06")} == {"ok"}

    broken = [next(project.rglob("pub_rob*.sql")), next(project.rglob("stg_police_stop_search__search.sql"))]
    sound = [path.read_text() for path in broken]
    for path in broken:
        path.write_text(NO_SUCH_TABLE)
    for feed in NAMES:
        deliver(inbox, feed, "2020-03")
    with pytest.raises(build.BuildFailed) as told:
        build.everything()
    assert "stg_police_stop_search__search (error)" in str(told.value)
    assert f"{broken[0].stem} (error)" in str(told.value)
    assert "The figures of PUB-ROB stay as they were; everything else is built." in str(told.value)

    after = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert after["PUB-VSO", "2020-03"][0] == "ok"
    for one in ("PUB-ROB", "S06"):
        assert after[one, "2020-02"] == before[one, "2020-02"]
        # What came and is not counted is no zero.
        assert after[one, "2020-03"] == ("awaiting_feed", None)
    assert build.unbuilt(owner, inbox.settings).startswith("The outcomes are half built")
    shown = owner.execute("select count(*) as rows from publish.partner_indicator_value where indicator_id = 'PUB-ROB'").fetchone()
    assert shown["rows"] > 0

    for path, text in zip(broken, sound, strict=True):
        path.write_text(text)
    build.everything()
    mended = figures(owner, "PUB-VSO", "PUB-ROB", "S06")
    assert {mended[one, "2020-03"][0] for one in ("PUB-VSO", "PUB-ROB", "S06")} == {"ok"}
    assert mended.items() >= {key: value for key, value in after.items() if value[0] == "ok"}.items()
    assert build.unbuilt(owner, inbox.settings) is None


def test_a_model_that_all_figures_rest_on_stops_the_build(built_server, project, inbox, owner):
    (project / "models" / "staging" / "stg_ops__feed_month.sql").write_text(NO_SUCH_TABLE)
    with pytest.raises(build.BuildFailed, match="The last good tables stay") as told:
        build.everything()
    assert not isinstance(told.value, build.PartlyBuilt)


@pytest.mark.nightly
def test_a_feed_file_that_cannot_be_read_costs_no_figure_of_a_home_that_has_its_tables(built_server, feed_files, inbox, owner):
    deliver(inbox, STREET, "2020-02")
    build.everything()
    before = figures(owner, "PUB-VSO", "PUB-ROB")
    (feed_files / f"{STREET}.odcs.yaml").write_text("id: [\n")
    deliver(inbox, SEARCHES, "2020-02")
    build.everything()
    assert figures(owner, "PUB-VSO", "PUB-ROB") == before
    assert figures(owner, "S06")["S06", "2020-02"][0] == "ok"


@pytest.mark.nightly
def test_a_feed_file_that_could_never_be_read_costs_its_own_indicators(feed_files, inbox, owner):
    """A new home, in which the feed has no table yet: its indicators await it, and nobody else's do."""
    (feed_files / f"{ATTENDANCES}.odcs.yaml").write_bytes(b"id: \x93tiig\x94\n")
    deliver(inbox, STREET, "2020-02")
    build.everything()
    assert figures(owner, "PUB-VSO")["PUB-VSO", "2020-02"][0] == "ok"
    awaited = owner.execute("select distinct status from marts.fct_indicator_value where indicator_id = 'V16'").fetchall()
    assert {row["status"] for row in awaited} == {"awaiting_feed", "before_series"} or awaited == [{"status": "awaiting_feed"}]
    assert build.unbuilt(owner, inbox.settings) is None
