"""What the public reads is settled: a doubt stands in a definition for analysts, never on a public page (issue 15, B10)."""

from __future__ import annotations

import csv
import re

import pytest
import yaml

from tests.releases import something_came
from tests.warehouses import open_to_readers
from vrn.build import steps as build
from vrn.publish import release
from vrn.report import site
from vrn.settings import REPOSITORY

DBT = REPOSITORY / "dbt_project"
DOUBT = re.compile(r"to\s+be\s+confirmed|not\s+(?:yet\s+)?verified|unverified", re.IGNORECASE)
INDICATORS = sorted((DBT / "models" / "indicators").rglob("*.yml"))
POLICE_RECORDED = [f"V{number:02}" for number in (*range(1, 16), 22)] + ["S14"]


def metadata() -> dict[str, dict]:
    """What each indicator's own file says of it: the fields of dim_indicator."""
    found = {}
    for path in INDICATORS:
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            meta = model["config"]["meta"]["indicator"]
            found[meta["indicator_id"]] = meta
    return found


def events() -> dict[str, dict[str, str]]:
    with (DBT / "seeds" / "calendar" / "annotation.csv").open(encoding="utf-8", newline="") as file:
        return {row["annotation_id"]: row for row in csv.DictReader(file)}


def test_no_definition_that_is_published_has_something_to_be_confirmed():
    doubted = {id: field for id, meta in metadata().items() for field, text in meta.items() if DOUBT.search(str(text))}
    assert doubted == {}


def test_an_event_that_is_verified_names_its_source_and_leaves_nothing_open():
    for name, row in events().items():
        assert row["is_verified"] == "true", name
        assert row["source"], name
        assert not DOUBT.search(f"{row['annotation']} {row['source']}"), name


@pytest.mark.parametrize("folder", ["site", "figures"])
def test_no_template_or_wording_of_the_public_site_can_say_that_something_is_not_verified(folder):
    for path in (REPOSITORY / "plugins" / "vrn" / "report" / folder).rglob("*"):
        if path.suffix in {".py", ".j2"}:
            assert not DOUBT.search(path.read_text(encoding="utf-8")), path.name


def test_the_definition_of_what_the_police_record_says_that_recording_rose_and_when_its_system_changed():
    """The share of reported crime that is recorded rose from 84 % to over 93 %: a rise over those years is partly recording."""
    known = metadata()
    for id in POLICE_RECORDED:
        caveats = known[id]["caveats"]
        assert "crime system in November 2018" in caveats, id
        assert re.search(r"84 % of the crime reported to it .*over 93 % in early 2019 \(HMICFRS\)", caveats), id
        assert "partly recording" in caveats, id
    assert {"2017-04-01", "2019-03-31"} == {events()["recording-completeness"][name] for name in ("starts_on", "ends_on")}


def test_youth_justice_says_for_which_authority_a_child_counts():
    """Issue 15, B7: the definition is the first thing on an indicator's page."""
    known = metadata()
    for id in ("S12a", "S12b", "S12c", "S12d"):
        assert "for the authority of the team that has the child" in known[id]["definition"], id


def test_a_school_holiday_is_either_printed_somewhere_or_called_an_assumption():
    with (DBT / "seeds" / "calendar" / "school_closure.csv").open(encoding="utf-8", newline="") as file:
        holidays = [row for row in csv.DictReader(file) if row["kind"] == "school_holiday"]
    for row in holidays:
        assert not DOUBT.search(row["source"])
        assert (row["is_verified"] == "true") is not row["source"].startswith("assumed"), row
    checked = {(row["authority_code"], row["starts_on"], row["ends_on"]) for row in holidays if row["is_verified"] == "true"}
    # As the county council printed them for 2020; schools came back on Tuesday 1 September.
    assert ("888", "2020-07-21", "2020-08-31") in checked
    assert ("888", "2019-12-23", "2020-01-03") in checked


@pytest.mark.services
def test_no_page_of_the_built_site_says_that_something_is_to_be_confirmed(built_server, home, owner):
    """Every page says what it says of an indicator without any figure too; an event that nobody verified is on none."""
    owner.execute("update marts.dim_annotation set is_verified = false where annotation_id = 'lockdown-2'")
    something_came(owner)
    release.make(home, "without figures")
    build.take("publish")
    open_to_readers(home)
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in site.build(home).rglob("*") if path.suffix in {".html", ".csv"}
    }
    assert [name for name, text in texts.items() if DOUBT.search(text)] == []
    assert "Gradual change of the series, 1 April 2017 to 31 March 2019: The Constabulary came to record more" in texts["V06.html"]
    assert "First national lockdown" in texts["V06.html"]
    assert "Second national lockdown" not in texts["V06.html"]
