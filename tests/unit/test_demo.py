"""What `make run` writes into a fresh home: the demonstration's part of the synthetic deliveries, or all of them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from vrn.errors import HomeError
from vrn.feeds import catalogue
from vrn.feeds.document import feed_name
from vrn.run.local import home as local
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries

# Four of five made-up rows are theirs, and take as much of the time.
LARGEST = ("police_crime", "police_encompass", "tiig_ed_attendance", "police_street_crime")


@dataclass
class Written:
    """By feed and name the files of the demonstration and all files, of the feed files in a folder."""

    contracts: Path
    part: dict[str, bytes]
    everything: dict[str, bytes]


@pytest.fixture(
    scope="module",
    params=[pytest.param(LARGEST, id="all feeds but the largest"), pytest.param((), id="all feeds", marks=pytest.mark.nightly)],
)
def written(request, tmp_path_factory) -> Iterator[Written]:
    contracts = tmp_path_factory.mktemp("expectations")
    for path in (REPOSITORY / "expectations").iterdir():
        if feed_name(path) not in request.param:
            shutil.copy(path, contracts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VRN_CONTRACTS", str(contracts))
        part, everything = (
            written_into(tmp_path_factory.mktemp("home"), is_full=False),
            written_into(tmp_path_factory.mktemp("home"), is_full=True),
        )
        yield Written(contracts, part, everything)


def written_into(home: Path, *, is_full: bool) -> dict[str, bytes]:
    files = deliveries.write_all(Settings(home=home), is_full=is_full)
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in files}


def test_the_demonstration_is_less_than_two_thirds_of_the_deliveries_and_the_same_bytes(written):
    part, everything = written.part, written.everything
    assert len(part) < len(everything) * 2 / 3
    assert part.items() <= everything.items()


def test_the_demonstration_has_something_of_every_feed_and_all_of_it_is_marked_synthetic(written):
    part, everything = written.part, written.everything
    assert {name.split("/")[0] for name in part} == {name.split("/")[0] for name in everything}
    # Of reference data that are published for all nobody makes up any.
    made_up = {contract.folder for contract in catalogue.sound(written.contracts) if contract.main.synthetic}
    assert {name.split("/")[0] for name in part} == made_up
    assert made_up == {path.name.split(".")[0] for path in written.contracts.glob("[!r]*.odcs.yaml")}
    assert all(".synthetic." in name for name in part)


def test_a_feed_that_does_not_say_it_demonstrates_its_last_three_months():
    asked = {"from": "2019-04", "until": "2020-06"}
    assert [period.name for period in deliveries.periods("month", asked, is_full=False)] == ["2020-04", "2020-05", "2020-06"]
    assert [period.name for period in deliveries.periods("quarter", asked, is_full=False)] == ["2020-21-Q1"]
    assert [period.name for period in deliveries.periods("year", asked, is_full=False)] == ["2020-21"]


def test_a_feed_that_says_it_demonstrates_the_periods_that_its_months_touch():
    asked = {"from": "2018-04", "until": "2020-06", "demo": {"from": "2019-12", "until": "2020-03"}}
    assert [period.name for period in deliveries.periods("quarter", asked, is_full=False)] == ["2019-20-Q3", "2019-20-Q4"]
    assert len(deliveries.periods("month", asked, is_full=False)) == 4


def test_demo_is_full_or_left_out_and_anything_else_is_told(monkeypatch, tmp_path):
    for said, is_full in ((None, False), ("", False), ("full", True)):
        monkeypatch.delenv("VRN_DEMO", raising=False)
        if said is not None:
            monkeypatch.setenv("VRN_DEMO", said)
        assert Settings(home=tmp_path).is_full_demo is is_full
    monkeypatch.setenv("VRN_DEMO", "ful")
    with pytest.raises(HomeError, match=r"DEMO says 'ful'\. Say DEMO=full"):
        _ = Settings(home=tmp_path).is_full_demo


def test_demo_full_in_a_home_that_holds_something_says_that_it_writes_nothing(home):
    waits = home.inbox / "police_stop_search" / "of-a-partner.csv"
    waits.parent.mkdir(parents=True)
    waits.touch()
    screen = io.StringIO()
    assert not local.fill(home, Console(file=screen, soft_wrap=True), is_full=True)
    why = f"something came to the home {home.home}, or lies in {home.inbox}"
    assert screen.getvalue().startswith(f"DEMO=full writes nothing, because {why}. ")
    assert [path.name for path in home.inbox.rglob("*.*")] == ["of-a-partner.csv"]


def test_demo_full_says_how_a_home_elsewhere_is_deleted_and_names_make_clean_for_that_of_the_working_copy_alone(home, monkeypatch):
    """It named `make clean`, which deletes another home."""

    def said() -> str:
        screen = io.StringIO()
        local.fill(home, Console(file=screen, soft_wrap=True), is_full=True)
        return screen.getvalue()

    (home.inbox / "police_stop_search").mkdir(parents=True)
    (home.inbox / "police_stop_search" / "of-a-partner.csv").touch()
    assert "make clean" not in said()
    assert f"make down VRN_HOME={home.home}" in said()
    with monkeypatch.context() as patched:
        patched.setenv("VRN_AIRFLOW_URL", "http://api-server:8080")
        assert "make" not in said()
    monkeypatch.setattr(local, "OWN_HOME", home.home)
    assert said().endswith("`make clean` deletes that home with all its data.\n")
