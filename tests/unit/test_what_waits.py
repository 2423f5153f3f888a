"""What lies in the inbox: what a feed takes, and what nothing takes, named with the reason (issue 13, point 9 and part G)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vrn.run.local import inbox
from vrn.settings import Settings

STREET = "police_street_crime"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("VRN_INBOX", str(tmp_path / "inbox"))
    return Settings(home=tmp_path, pg_port=1, airflow_port=2)


def drop(settings: Settings, place: str) -> Path:
    path = settings.inbox / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return path


def look(settings: Settings) -> inbox.Inbox:
    return inbox.look(settings, inbox.feeds(settings))


def test_files_in_the_folder_of_a_feed_wait_for_it(settings):
    drop(settings, f"{STREET}/b.csv")
    drop(settings, f"{STREET}/a.csv")
    found = look(settings)
    assert {feed: [one.name for one in files] for feed, files in found.waiting.items()} == {STREET: ["a.csv", "b.csv"]}
    assert found.not_taken == ()


def test_a_file_that_was_sent_again_under_its_name_is_told_from_the_first(settings):
    path = drop(settings, f"{STREET}/a.csv")
    before = look(settings).waiting[STREET]
    path.rename(path.with_name("b"))
    drop(settings, f"{STREET}/a.csv")
    path.with_name("b").unlink()
    assert look(settings).waiting[STREET] != before


@pytest.mark.parametrize(
    ("place", "named", "why"),
    [
        ("street.csv", "street.csv", "lies beside the feeds' folders"),
        (f"{STREET}/a.csv.part", f"{STREET}/a.csv.part", "its ending .part says that it is not whole"),
        (f"{STREET}/2020/a.csv", f"{STREET}/2020", "it is a folder"),
        (
            "police_street_crimes/a.csv",
            "police_street_crimes/ (a.csv)",
            "no feed has a folder of this name. Is police_street_crime meant?",
        ),
        ("holidays/2020/a.csv", "holidays/ (2020/a.csv)", "no feed has a folder of this name. Move them into the folder of a feed"),
    ],
)
def test_what_no_feed_takes_is_named_with_the_reason(settings, place, named, why):
    drop(settings, place)
    found = look(settings)
    assert found.waiting == {}
    (one,) = found.not_taken
    assert one.place == named
    assert why in one.why


def test_of_many_files_of_no_feed_some_are_named_and_the_rest_counted(settings):
    for number in range(5):
        drop(settings, f"holidays/{number}.csv")
    (one,) = look(settings).not_taken
    assert one.place == "holidays/ (0.csv, 1.csv, 2.csv and 2 more)"


def test_a_link_and_what_may_not_be_read_are_named(settings, monkeypatch):
    drop(settings, f"{STREET}/a.csv")
    (settings.inbox / STREET / "gone.csv").symlink_to("nowhere")
    # The superuser, as whom the tests may run, may read everything.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "a.csv")
    found = look(settings)
    assert {one.place: one.why.split(".")[0] for one in found.not_taken} == {
        f"{STREET}/a.csv": "it may not be read",
        f"{STREET}/gone.csv": "it is a link",
    }
    assert found.waiting == {}
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert [one.place for one in look(settings).not_taken] == [f"{STREET}/"]


def test_what_was_refused_hidden_files_and_empty_folders_are_nobodys_business(settings):
    for place in (f"{STREET}/refused/a.csv", f"{STREET}/.a.csv.x7f", f"{STREET}/~$a.xlsx", ".DS_Store", "holidays/.keep"):
        drop(settings, place)
    (settings.inbox / STREET / "empty").mkdir()
    (settings.inbox / "empty").mkdir()
    found = look(settings)
    assert (found.waiting, found.not_taken) == ({}, ())


def test_what_a_killed_run_had_set_aside_waits_for_the_next(settings):
    drop(settings, f"{STREET}/.taking/12/a.csv")
    assert [one.name for one in look(settings).waiting[STREET]] == ["a.csv"]


def test_a_file_that_somebody_writes_is_fresh_however_long_ago_it_changed(settings, monkeypatch):
    path = drop(settings, f"{STREET}/a.csv")
    later = path.stat().st_ctime_ns + 3_600_000_000_000
    monkeypatch.setattr(inbox.time, "time_ns", lambda: later)
    assert look(settings).fresh == frozenset()
    with path.open("a"):
        assert look(settings).fresh == {STREET}


@pytest.mark.parametrize(
    ("whole", "names", "waits", "named"),
    [
        ({"marker": ".ok"}, ["a.csv", "a.csv.ok"], ["a.csv"], {}),
        ({"marker": ".ok"}, ["a.csv"], [], {"a.csv": "its marker a.csv.ok is not there"}),
        ({"marker": ".ok"}, ["a.csv.ok"], [], {"a.csv.ok": "it marks a file that is not there"}),
        ({"unfinished": ".up"}, ["a.csv", "b.csv.up"], ["a.csv"], {"b.csv.up": "its ending .up says that it is not whole"}),
    ],
)
def test_a_feed_that_says_how_one_knows_that_a_file_is_whole_is_believed(settings, whole, names, waits, named):
    for name in names:
        drop(settings, f"{STREET}/{name}")
    found = inbox.look(settings, {STREET: inbox.Feed(STREET, STREET, whole=whole)})
    assert [one.name for one in found.waiting.get(STREET, ())] == waits
    assert {one.place.partition("/")[2]: one.why for one in found.not_taken}.keys() == named.keys()
    assert all(named[one.place.partition("/")[2]] in one.why for one in found.not_taken)


def test_an_inbox_that_is_not_there_holds_nothing(settings):
    assert look(settings) == inbox.Inbox({}, frozenset(), ())


def test_a_file_is_fresh_until_its_feed_must_have_seen_it(settings, monkeypatch):
    path = drop(settings, f"{STREET}/a.csv")
    monkeypatch.setenv("VRN_REST_SECONDS", "2")
    assert look(settings).fresh == {STREET}
    seen_by = path.stat().st_ctime_ns + int((2 + inbox.SECONDS_TO_BE_SEEN) * 1e9)
    monkeypatch.setattr(inbox.time, "time_ns", lambda: seen_by - 1)
    assert look(settings).fresh == {STREET}
    monkeypatch.setattr(inbox.time, "time_ns", lambda: seen_by)
    assert look(settings).fresh == frozenset()


def test_a_feed_file_that_cannot_be_used_says_why_and_leaves_the_others_as_they_are(settings, monkeypatch, tmp_path):
    contracts = tmp_path / "expectations"
    contracts.mkdir()
    for path in settings.contracts.glob("police_*.odcs.yaml"):
        (contracts / path.name).write_text(path.read_text())
    monkeypatch.setenv("VRN_CONTRACTS", str(contracts))
    broken = contracts / f"{STREET}.odcs.yaml"
    whole = broken.read_text()
    broken.write_text(whole.replace("classification: keep", "classification: kept", 1))
    drop(settings, f"{STREET}/a.csv")
    feeds = inbox.feeds(settings)
    assert {feed.name for feed in feeds.values() if feed.problem} == {STREET}
    assert f"{STREET}.odcs.yaml" in feeds[STREET].problem
    assert "kept" in feeds[STREET].problem
    assert list(inbox.look(settings, feeds).waiting) == [STREET]
    # Mended, it is as if nothing had been.
    broken.write_text(whole)
    assert not any(feed.problem for feed in inbox.feeds(settings).values())
