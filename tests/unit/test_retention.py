"""What is past its retention is deleted and proven to be; what cannot be deleted stays owed and is said (issue 13, point 10)."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.made import file_name, spoil
from vrn.accept import judged_only, retention
from vrn.errors import HomeError, VrnError
from vrn.receive import landing
from vrn.receive.refused import FOLDER as REFUSED_FOLDER

ED, SEARCHES = "tiig_ed_attendance", "police_stop_search"


def taken_in(inbox, feed: str = ED, month: str = "2020-06") -> dict:
    inbox.drop(feed, file_name(inbox.contract(feed), month), inbox.text(feed, month))
    (row,) = inbox.take_in(feed)
    assert row["status"] == "accepted"
    return row


def aged(owner, days: float) -> None:
    owner.execute("update ops.submission set received_at = now() - make_interval(days => %s)", [days])


def is_kept(inbox, row: dict) -> bool:
    return landing.is_there(inbox.settings, row["submission_id"], row["file_name"])


def is_owed(inbox, row: dict) -> bool:
    found = inbox.connection.execute(
        "select original_forgotten_at is null as is_owed from ops.submission where submission_id = %s", [row["submission_id"]]
    )
    return found.fetchone()["is_owed"]


def proofs(inbox) -> list[int]:
    rows = inbox.connection.execute("select submission_id from ops.deleted where what = 'original' order by 1").fetchall()
    return [row["submission_id"] for row in rows]


def later(monkeypatch, days: float) -> None:
    """It is so many days later for whoever asks how long ago a file was put aside."""
    now = retention.time.time() + days * 86_400
    monkeypatch.setattr(retention.time, "time", lambda: now)


def test_a_deletion_that_fails_is_said_stays_owed_and_holds_up_no_other(inbox, owner, monkeypatch):
    first, second = taken_in(inbox, month="2020-05"), taken_in(inbox)
    aged(owner, 10_000)
    real = Path.unlink

    def stuck(path, missing_ok=False):
        if path.parent.name == f"{first['submission_id']:06d}":
            raise PermissionError(1, "Operation not permitted", str(path))
        real(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", stuck)
        with pytest.raises(HomeError, match=rf"submission {first['submission_id']} could not be deleted: Operation not permitted"):
            retention.forget_originals()
    assert (is_kept(inbox, first), is_owed(inbox, first)) == (True, True)
    assert (is_kept(inbox, second), is_owed(inbox, second)) == (False, False)
    assert proofs(inbox) == [second["submission_id"]]
    assert retention.forget_originals() == 1
    assert (is_kept(inbox, first), is_owed(inbox, first)) == (False, False)
    assert proofs(inbox) == [first["submission_id"], second["submission_id"]]


def test_the_originals_of_a_feed_that_has_no_feed_file_any_more_do_not_stay_for_ever(inbox, owner, feed_files):
    row = taken_in(inbox)
    (feed_files / f"{ED}.odcs.yaml").unlink()
    aged(owner, retention.DAYS_OF_NO_FEED - 1)
    assert retention.forget_originals() == 0
    aged(owner, retention.DAYS_OF_NO_FEED + 1)
    assert retention.forget_originals() == 1
    assert not is_kept(inbox, row)


def test_where_no_feed_file_is_no_feed_counts_as_gone(inbox, owner, feed_files):
    """A folder that was not mounted looked like one from which every feed was taken away."""
    first = taken_in(inbox)
    for path in feed_files.glob("*.odcs.yaml"):
        path.unlink()
    aged(owner, retention.DAYS_OF_NO_FEED + 1)
    with pytest.raises(HomeError, match="There is no feed file in"):
        retention.forget_originals()
    assert is_kept(inbox, first)


def test_a_feed_file_that_cannot_be_read_is_said_and_only_its_own_originals_wait(inbox, owner, feed_files):
    broken, sound = taken_in(inbox), taken_in(inbox, SEARCHES, "2020-02")
    (feed_files / f"{ED}.odcs.yaml").write_text("id: [")
    aged(owner, 10_000)
    with pytest.raises(HomeError, match=f"Nothing of {ED} was deleted"):
        retention.forget_originals()
    assert (is_kept(inbox, broken), is_kept(inbox, sound)) == (True, False)


def test_what_was_put_aside_in_clear_is_deleted_when_the_feeds_retention_is_over(inbox, monkeypatch):
    inbox.drop(ED, "attendances final.csv", "a real person\n")
    (row,) = inbox.take_in(ED)
    aside = inbox.settings.inbox / ED / REFUSED_FOLDER / "attendances final.csv"
    days = inbox.contract(ED).retention_days
    with monkeypatch.context() as patched:
        later(patched, days - 1)
        assert retention.forget_originals() == 0
    assert aside.exists()
    later(monkeypatch, days + 1)
    assert retention.forget_originals() == 1
    assert not aside.exists()
    assert row["status"] == "refused"


def test_a_refused_file_in_the_folder_of_a_feed_that_is_gone_does_not_stay_for_ever(inbox, monkeypatch):
    path = inbox.drop(f"a_feed_of_before/{REFUSED_FOLDER}", "a.csv", "a real person\n")
    later(monkeypatch, retention.DAYS_OF_NO_FEED + 1)
    assert retention.forget_originals() == 1
    assert not path.exists()


def test_a_refused_archive_which_is_of_no_feed_does_not_stay_for_ever(inbox, monkeypatch):
    """Nothing looked into the folder for refused files that lies beside the feeds' folders."""
    path = inbox.drop(REFUSED_FOLDER, "data-police-uk.zip", "a real person\n")
    with monkeypatch.context() as patched:
        later(patched, retention.DAYS_OF_NO_FEED - 1)
        assert retention.forget_originals() == 0
    later(monkeypatch, retention.DAYS_OF_NO_FEED + 1)
    assert retention.forget_originals() == 1
    assert not path.exists()


def test_what_somebody_unpacked_among_refused_files_is_deleted_with_its_folders_and_what_a_link_leads_to_is_not(
    inbox, monkeypatch, tmp_path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.csv").write_text("somebody's own\n")
    unpacked = inbox.drop(f"{ED}/{REFUSED_FOLDER}/unpacked/2020", "a.csv", "a real person\n")
    refused = inbox.settings.inbox / ED / REFUSED_FOLDER
    (refused / "a link").symlink_to(elsewhere)
    later(monkeypatch, inbox.contract(ED).retention_days + 1)
    assert retention.forget_originals() == 2
    assert not unpacked.exists()
    assert list(refused.iterdir()) == []
    assert (elsewhere / "mine.csv").exists()


def test_a_refused_file_that_cannot_be_deleted_is_said_without_its_name(inbox, monkeypatch):
    inbox.drop(f"{ED}/{REFUSED_FOLDER}", "Somebody Synthetic.csv", "x")
    later(monkeypatch, 10_000)

    def stuck(self, **_):
        raise PermissionError(1, "Operation not permitted", str(self))

    monkeypatch.setattr(Path, "unlink", stuck)
    with pytest.raises(HomeError, match="could not be deleted: Operation not permitted") as told:
        retention.forget_originals()
    assert "Somebody" not in str(told.value)


def test_a_folder_that_cannot_be_entered_is_said_without_a_name_and_holds_up_nothing_beside_it(inbox, monkeypatch):
    """Somebody's own, unpacked there: its names can be listed, and nothing more."""
    closed = inbox.drop(f"{ED}/{REFUSED_FOLDER}/a closed folder", "Somebody Synthetic.csv", "x")
    inbox.drop(f"{ED}/{REFUSED_FOLDER}/a closed folder", "Another Synthetic.csv", "x")
    beside = inbox.drop(f"{ED}/{REFUSED_FOLDER}", "z.csv", "x")
    of_another_feed = inbox.drop(f"{SEARCHES}/{REFUSED_FOLDER}", "a.csv", "x")
    later(monkeypatch, 10_000)
    real = Path.lstat

    def looked_at(path):
        if path.parent == closed.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "lstat", looked_at)
    with pytest.raises(HomeError) as told:
        retention.forget_originals()
    # Of two files in it and the folder that is not empty.
    assert str(told.value) == f"A refused file in {beside.parent} could not be deleted: Permission denied."
    assert (closed.exists(), beside.exists(), of_another_feed.exists()) == (True, False, False)


def test_a_link_that_leads_where_nobody_may_look_is_deleted(inbox, monkeypatch):
    link = inbox.settings.inbox / ED / REFUSED_FOLDER / "a link"
    link.parent.mkdir(parents=True)
    link.symlink_to("/somebody")
    later(monkeypatch, 10_000)
    real = Path.stat

    def looked_at(path, *, follow_symlinks=True):
        if path == link and follow_symlinks:
            raise PermissionError(13, "Permission denied", "/somebody")
        return real(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", looked_at)
    assert retention.forget_originals() == 1
    assert not link.is_symlink()


def test_the_folder_of_a_feed_that_cannot_be_entered_is_said_and_that_of_another_is_not_ours(inbox, monkeypatch):
    """Its refused files stayed for ever, and nothing said so."""
    for folder in (ED, "lost+found"):
        (inbox.settings.inbox / folder).mkdir(parents=True)
    closed = [str(inbox.settings.inbox / folder / REFUSED_FOLDER) for folder in (ED, "lost+found")]
    real_listing, real_stat = os.scandir, os.stat

    def refuse(path):
        if isinstance(path, str | Path) and str(path) in closed:
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", lambda path=".": refuse(path) or real_listing(path))
    monkeypatch.setattr(os, "stat", lambda path, **options: refuse(path) or real_stat(path, **options))
    with pytest.raises(HomeError) as told:
        retention.forget_originals()
    assert str(told.value) == f"A refused file in {closed[0]} could not be deleted: Permission denied."


def test_whatever_stops_the_links_of_a_delivery_holds_up_neither_those_of_another_nor_refused_files(inbox, monkeypatch):
    """Nothing but a feed file that cannot be read was foreseen."""
    aside = inbox.drop(f"{ED}/{REFUSED_FOLDER}", "a.csv", "x")
    later(monkeypatch, 10_000)
    rows = [{"submission_id": number, "feed": ED} for number in (7, 8, 9)]
    failures = {7: VrnError("What it holds could not be changed."), 8: psycopg.errors.DataError("Key (name)=(Somebody) is odd")}
    proven = []

    def forget(_connection, _settings, row):
        if row["submission_id"] in failures:
            raise failures[row["submission_id"]]
        return {}

    monkeypatch.setattr(retention.unlinking, "unproven", lambda _: rows)
    monkeypatch.setattr(retention.unlinking, "forget", forget)
    monkeypatch.setattr(retention.decisions, "prove", lambda _, number, __: proven.append(number))
    with pytest.raises(HomeError) as told:
        retention.forget_originals()
    assert str(told.value).splitlines() == [
        "The links of submission 7, which was withdrawn, could not be deleted: What it holds could not be changed.",
        "The links of submission 8, which was withdrawn, could not be deleted: DataError.",
    ]
    assert proven == [9]
    assert not aside.exists()


def test_an_original_over_which_the_database_fails_holds_up_no_other(inbox, owner, monkeypatch):
    first, second = taken_in(inbox, month="2020-05"), taken_in(inbox)
    aged(owner, 10_000)
    real = retention.ledger.forgotten

    def forgotten(connection, number):
        if number == first["submission_id"]:
            raise psycopg.errors.LockNotAvailable("somebody has it")
        return real(connection, number)

    monkeypatch.setattr(retention.ledger, "forgotten", forgotten)
    with pytest.raises(HomeError, match=rf"submission {first['submission_id']} could not be deleted: LockNotAvailable"):
        retention.forget_originals()
    assert (is_kept(inbox, first), is_kept(inbox, second)) == (True, False)


def test_without_the_warehouse_refused_files_are_deleted_and_the_rest_is_owed(inbox, monkeypatch):
    aside = inbox.drop(f"{ED}/{REFUSED_FOLDER}", "a.csv", "x")
    later(monkeypatch, 10_000)

    def away(*_, **__):
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(retention, "connect", away)
    with pytest.raises(HomeError) as told:
        retention.forget_originals()
    assert str(told.value).splitlines() == [
        "Not all originals could be looked for: OperationalError.",
        "Not all links of persons could be looked for: OperationalError.",
    ]
    assert not aside.exists()


def test_nothing_is_proven_to_be_deleted_that_was_never_kept(inbox, owner):
    inbox.drop(ED, "2020-06-rxl-ed-attendance.csv", "a real person\n")
    (row,) = inbox.take_in(ED)
    assert row["status_reason"].startswith("GEN-008")
    aged(owner, 10_000)
    retention.forget_originals()
    assert proofs(inbox) == []


# --- what a feed file no longer keeps (issue 14, point 6)


def no_longer_kept(feed_files: Path) -> None:
    """Of an attendance the disposal is judged only from now on, and the group of the injury dropped, with its rules."""
    path = feed_files / f"{ED}.odcs.yaml"
    said = yaml.safe_load(path.read_text())
    (attendance,) = said["schema"]
    columns = {item["name"]: item for item in attendance["properties"]}
    columns["disposal"]["customProperties"].append({"property": "judgedOnly", "value": True})
    columns["injury_group"]["classification"] = "drop"
    attendance["quality"] = [rule for rule in attendance["quality"] if "injury_group" not in str(rule["implementation"])]
    path.write_text(yaml.safe_dump(said, sort_keys=False))


def filled(inbox, schema: str, *columns: str) -> tuple:
    counted = ", ".join(f"count({name}) as {name}" for name in columns)
    found = inbox.connection.execute(f"select {counted} from {schema}.tiig_ed_attendance__attendance").fetchone()
    return tuple(found[name] for name in columns)


def test_what_becomes_judged_only_or_is_dropped_is_blanked_in_deliveries_accepted_before(inbox, feed_files):
    names = ("disposal", "injury_group", "sex", "arrival_date")
    text = inbox.text(ED, "2020-06")
    inbox.drop(ED, file_name(inbox.contract(ED), "2020-06"), spoil(text, {3: {"age": "999"}, 4: {"arrival_date": "2019-01-01"}}))
    (row,) = inbox.take_in(ED)
    assert row["rows_quarantined"] > 0
    rows, aside = filled(inbox, "raw", *names), filled(inbox, "quarantine", *names)
    assert judged_only.blank_earlier() == 0
    assert (filled(inbox, "raw", *names), filled(inbox, "quarantine", *names)) == (rows, aside)
    assert min(rows[0], aside[0]) > 0
    no_longer_kept(feed_files)
    assert judged_only.blank_earlier() == row["rows_accepted"] + row["rows_quarantined"]
    assert filled(inbox, "raw", *names) == (0, 0, *rows[2:])
    assert filled(inbox, "quarantine", *names) == (0, 0, *aside[2:])
    assert judged_only.blank_earlier() == 0


def test_what_waits_for_a_person_keeps_what_the_rules_may_be_asked_again(inbox, feed_files):
    row = taken_in(inbox)
    inbox.connection.execute("update ops.submission set status = 'received' where submission_id = %s", [row["submission_id"]])
    no_longer_kept(feed_files)
    assert judged_only.blank_earlier() == 0


def test_a_feed_file_that_cannot_be_read_blanks_nothing_of_its_feed_and_holds_up_no_other(inbox, feed_files):
    taken_in(inbox, SEARCHES, "2020-02")
    row = taken_in(inbox)
    (feed_files / f"{SEARCHES}.odcs.yaml").write_text("id: [")
    no_longer_kept(feed_files)
    with pytest.raises(HomeError, match=f"Nothing of {SEARCHES} was blanked"):
        judged_only.blank_earlier()
    assert filled(inbox, "raw", "disposal", "sex") == (0, row["rows_accepted"])


def test_a_feed_over_which_the_database_fails_is_said_and_holds_up_no_other(inbox, feed_files, monkeypatch):
    """Nothing but a feed file that cannot be read was foreseen."""
    taken_in(inbox, SEARCHES, "2020-02")
    row = taken_in(inbox)
    no_longer_kept(feed_files)
    real = judged_only.serving.one_at_a_time

    def one_at_a_time(connection, feed):
        if feed == SEARCHES:
            raise psycopg.errors.LockNotAvailable("somebody has it")
        real(connection, feed)

    monkeypatch.setattr(judged_only.serving, "one_at_a_time", one_at_a_time)
    with pytest.raises(HomeError, match=f"Nothing of {SEARCHES} was blanked: LockNotAvailable"):
        judged_only.blank_earlier()
    assert filled(inbox, "raw", "disposal", "sex") == (0, row["rows_accepted"])
