"""The README's command in an empty home, through Airflow's own scheduler: synthetic deliveries in, indicators out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import properties, same_figures
from tests.end_to_end.homes import Home, started
from tests.end_to_end.test_county import WITHOUT_SYNTHETIC_FIGURES
from tests.others import seen_by_others

pytestmark = pytest.mark.services


@dataclass
class Demonstration:
    home: Home
    printed: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Iterator[Demonstration]:
    demo = {"DEMO": "full"} if properties.PROFILE == properties.NIGHTLY else {}
    with started(tmp_path_factory.mktemp("demonstration"), **demo) as home:
        yield Demonstration(home, home.make("run"))


def test_an_empty_inbox_gets_synthetic_deliveries_that_say_so_everywhere_and_only_once(shown):
    assert "SYNTHETIC" in shown.printed
    areas = shown.home.rows(
        "select distinct value.area_code from marts.fct_indicator_value as value "
        "inner join marts.dim_area as area on area.area_code = value.area_code and area.area_type = 'district' "
        "where value.status = 'ok' and lower_ci_95 is not null and is_synthetic"
    )
    assert len(areas) == 14
    # Issue 14, point 7: what a newcomer sees are figures, whichever feed can give them.
    awaiting, figures = shown.home.rows(
        "select count(*) filter (where status = 'awaiting_feed'), count(*) from marts.fct_indicator_value"
    )[0]
    assert awaiting < figures / 2
    without = shown.home.rows(
        "select indicator_id from marts.dim_indicator where indicator_id not in "
        "(select indicator_id from marts.fct_indicator_value where status = 'ok') order by 1"
    )
    assert {row[0] for row in without} == WITHOUT_SYNTHETIC_FIGURES
    before = shown.home.rows("select count(*) from ops.submission")
    shown.home.run()
    assert shown.home.rows("select count(*) from ops.submission") == before


@pytest.mark.nightly
def test_the_whole_county_through_airflow_is_the_county_taken_in_without_it(shown, county):
    assert same_figures.differences(same_figures.of(shown.home.settings), same_figures.of(county.settings)) == []


def test_every_folder_of_a_home_that_ran_says_itself_that_git_takes_nothing_of_it_but_what_is_published(shown):
    folders = {path.name for path in shown.home.settings.home.iterdir() if path.is_dir() and not (path / ".gitignore").exists()}
    assert folders <= {"site", "releases"}


def test_nothing_of_a_running_home_listens_beyond_this_machine(shown):
    mark = f"VRN_HOME={shown.home.settings.home}".encode()
    sockets, listening = set(), {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                sockets |= {os.readlink(file) for file in (process / "fd").iterdir()}
        except OSError:
            continue
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                listening[f"socket:[{words[9]}]"] = words[1].split(":")[0]
    addresses = {listening[one] for one in sockets & listening.keys()}
    assert addresses == {"0100007F"}  # 127.0.0.1, as the kernel writes it


def test_other_users_of_the_machine_see_nothing_of_a_home_that_ran_but_what_is_published(shown):
    """Issue 13, point 14."""
    seen = seen_by_others(shown.home.settings.home)
    assert {Path(one).parts[0] for one in seen} <= {"site", "releases"}


def test_two_homes_do_not_disturb_each_other_and_a_taken_port_is_told(shown, tmp_path):
    taken = str(shown.home.settings.pg_port)
    done = Home(tmp_path / "other", VRN_PG_PORT=taken).command("up")
    assert done.returncode == 1
    assert f"Port {taken} is taken" in done.stderr
    assert shown.home.rows("select 1") == [(1,)]


def test_no_log_and_no_template_of_a_run_holds_a_row_of_its_delivery(shown):
    (crime_id,) = shown.home.rows("select crime_id from raw.police_street_crime__crime where crime_id is not null limit 1")[0]
    settings = shown.home.settings
    for path in (settings.logs, settings.data_docs, settings.home / "dbt"):
        for file in path.rglob("*"):
            assert not file.is_file() or crime_id.encode() not in file.read_bytes(), file
