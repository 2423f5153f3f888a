"""The archive as data.police.uk hands it out: dropped whole into the inbox, it is taken apart (issue 14, point 8)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tests.made import rewrite
from tests.power import disk
from vrn.receive import problems
from vrn.receive.inbox_trigger import ROOT, InboxTrigger
from vrn.receive.inbox_trigger import look as look_of_trigger
from vrn.run import archives, ingest
from vrn.run.local import inbox as local_inbox
from vrn.settings import REPOSITORY
from vrn.warehouse import locks
from vrn.warehouse.connection import connect

STREET, SEARCH = "police_street_crime", "police_stop_search"
MONTH = "2020-04"
NAME = "data-police-uk.zip"
KILLED = 9
# As suddenly as by a kill, so that no handler of ours deletes anything.
KILLED_IN_THE_COPY = f"""
import os, shutil
from vrn.run import archives
from vrn.settings import Settings

def copy(stream, out, length):
    out.write(stream.read(1000))
    out.flush()
    os._exit({KILLED})

shutil.copyfileobj = copy
archives.take_apart(Settings())
"""


def street(inbox, month: str = MONTH, force: str = "Lancashire Constabulary") -> str:
    return inbox.text(STREET, month).replace("Lancashire Constabulary", force)


def archive(inbox, members: dict[str, str], name: str = NAME) -> Path:
    path = inbox.settings.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for member, text in members.items():
            made.writestr(member, text)
    return path


def usual(inbox) -> dict[str, str]:
    return {
        f"{MONTH}/{MONTH}-lancashire-street.synthetic.csv": street(inbox),
        f"{MONTH}/{MONTH}-lancashire-stop-and-search.synthetic.csv": inbox.text(SEARCH, MONTH),
        f"{MONTH}/{MONTH}-btp-street.synthetic.csv": street(inbox, force="British Transport Police"),
        f"{MONTH}/{MONTH}-lancashire-outcomes.csv": "x",
        f"{MONTH}/{MONTH}-cumbria-street.csv": "x",
        f"{MONTH}/John Smith.csv": "x",
    }


def message(inbox) -> str:
    return (inbox.settings.messages / "archives" / f"{NAME}.txt").read_text()


def test_each_member_is_one_delivery_of_its_feed_and_what_no_feed_takes_is_said_once_and_not_kept(inbox):
    path = archive(inbox, usual(inbox))
    rows = inbox.take_in(STREET) + inbox.take_in(SEARCH)
    assert {(row["feed"], row["supplier"], row["status"]) for row in rows} == {
        (STREET, "lancashire", "accepted"),
        (STREET, "btp", "accepted"),
        (SEARCH, "lancashire", "accepted"),
    }
    assert not path.exists()
    told = message(inbox)
    assert "1 file(s) lancashire-outcomes.csv were not taken" in told
    assert "1 file(s) cumbria-street.csv were not taken" in told
    assert "1 more file(s)" in told
    assert "Smith" not in told
    assert not [one for one in inbox.settings.home.rglob("*") if re.search(r"outcomes|cumbria|Smith", one.name)]


def test_an_archive_that_is_taken_apart_again_after_a_crash_gives_the_same(inbox, monkeypatch):
    archive(inbox, usual(inbox))
    with monkeypatch.context() as patch:
        patch.setattr(archives, "_tell", lambda *_: (_ for _ in ()).throw(OSError(5, "killed here")))
        archives.take_apart(inbox.settings)
    first = inbox.take_in(STREET)
    assert {row["status"] for row in first} <= {"accepted", "duplicate"}
    again = inbox.take_in(STREET)
    found = inbox.connection.execute("select supplier, status, count(*) as n from ops.submission group by 1, 2").fetchall()
    assert {(row["supplier"], row["n"]) for row in found if row["status"] == "accepted"} == {("lancashire", 1), ("btp", 1)}
    assert not (inbox.settings.inbox / NAME).exists()
    assert all(row["status"] in ("accepted", "duplicate") for row in again)


def test_one_run_at_a_time_takes_archives_apart(inbox, home, monkeypatch):
    found = []

    def take_apart(_):
        with connect(home, autocommit=True) as other, locks.unless_taken(other, locks.Job.ARCHIVES) as is_mine:
            found.append(is_mine)

    monkeypatch.setattr(archives, "take_apart", take_apart)
    ingest.take_in("police_street_crime")
    assert found == [False]


def test_a_file_of_a_members_name_that_waits_is_never_written_over(inbox):
    name = f"{MONTH}-lancashire-street.synthetic.csv"
    mine = inbox.drop(STREET, name, "somebody's own\n")
    path = archive(inbox, usual(inbox))
    archives.take_apart(inbox.settings)
    assert (mine.read_text(), path.exists()) == ("somebody's own\n", True)
    (said,) = problems.of(inbox.settings, problems.ARCHIVES)
    assert name in said


def test_an_archive_of_two_files_of_one_name_is_put_aside_and_of_two_copies_of_one_taken(inbox):
    """The second waited for the first at each run, and the first came again each time."""
    name, text = f"{MONTH}-lancashire-street.synthetic.csv", street(inbox)
    path = archive(inbox, {f"{MONTH}/{name}": text, f"again/{name}": text.replace("Violence", "Robbery")})
    archives.take_apart(inbox.settings)
    assert (files_of(inbox, STREET), path.exists()) == ([], False)
    (said,) = problems.of(inbox.settings, problems.ARCHIVES)
    assert f"nothing of it was taken: Two folders of the archive have a file {name}" in said
    path = archive(inbox, {f"{MONTH}/{name}": text, f"again/{name}": text})
    archives.take_apart(inbox.settings)
    assert ([one.name for one in files_of(inbox, STREET)], path.exists()) == ([name], False)


@pytest.mark.parametrize("spoil", [lambda content: content[: len(content) // 2], lambda _: b"no zip at all"])
def test_an_archive_that_cannot_be_read_is_put_aside_and_said_and_nothing_of_it_is_taken(inbox, spoil):
    path = archive(inbox, usual(inbox))
    path.write_bytes(spoil(path.read_bytes()))
    assert ingest.take_in(STREET) == []
    assert (inbox.settings.inbox / "refused" / NAME).exists()
    assert "nothing of it was taken" in problems.of(inbox.settings, problems.ARCHIVES)[0]
    assert ingest.conclude([], f"ingest__{STREET}", "a run")[0].startswith(f"The archive {NAME}")
    assert ingest.conclude([], f"ingest__{STREET}", "a run") == []


def damaged_at_the_last(inbox) -> Path:
    """An archive of two sound members and a third whose bytes are not those that were packed."""
    text = street(inbox)
    months = ("2020-03", MONTH, "2020-05")
    path = archive(inbox, {f"{month}/{month}-lancashire-street.csv": text for month in months})
    with zipfile.ZipFile(path) as made:
        last = made.infolist()[-1]
    content = bytearray(path.read_bytes())
    middle = last.header_offset + last.compress_size // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    return path


def files_of(inbox, feed: str) -> list[Path]:
    return [path for path in (inbox.settings.inbox / feed).rglob("*") if path.is_file()]


def test_of_an_archive_whose_last_member_is_damaged_nothing_is_taken_and_no_row_of_it_is_left(inbox):
    """Two members were taken though the message said that nothing was, and the rows of the third stayed beside them."""
    path = damaged_at_the_last(inbox)
    archives.take_apart(inbox.settings)
    assert files_of(inbox, STREET) == []
    assert (path.exists(), (path.parent / "refused" / NAME).exists()) == (False, True)
    (said,) = problems.of(inbox.settings, problems.ARCHIVES)
    assert "nothing of it was taken: The zip file is cut off or damaged." in said


def test_what_a_killed_run_had_unpacked_is_deleted_by_the_next_also_when_the_archive_is_gone(inbox):
    path = archive(inbox, usual(inbox))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "plugins")}
    assert subprocess.run([sys.executable, "-c", KILLED_IN_THE_COPY], env=environment, check=False).returncode == KILLED
    assert files_of(inbox, STREET) != []
    path.unlink()
    archives.take_apart(inbox.settings)
    assert files_of(inbox, STREET) == []


@pytest.mark.parametrize("left", ["a file", "a link"])
def test_what_has_the_name_of_our_folder_holds_up_no_archive_and_a_link_is_not_followed(inbox, left, tmp_path):
    path, elsewhere = archive(inbox, usual(inbox)), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("not ours")
    ours = inbox.settings.inbox / STREET / archives.UNPACKING
    ours.parent.mkdir()
    if left == "a link":
        ours.symlink_to(elsewhere)
    else:
        ours.write_text("a file")
    archives.take_apart(inbox.settings)
    assert (path.exists(), problems.of(inbox.settings, problems.ARCHIVES)) == (False, [])
    assert (elsewhere / "kept.txt").exists()


def test_where_what_was_unpacked_cannot_be_deleted_a_run_says_so(inbox, monkeypatch):
    path = archive(inbox, usual(inbox))

    def fails(settings):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(archives, "_clear", fails)
    archives.take_apart(inbox.settings)
    (said,) = problems.of(inbox.settings, problems.ARCHIVES)
    assert (path.exists(), said.startswith("No archive is taken apart: ")) == (True, True)


def test_every_member_is_on_the_disk_before_the_archive_is_deleted(inbox):
    path = archive(inbox, usual(inbox))
    with disk(inbox.settings.home) as kept:
        archives.take_apart(inbox.settings)
        members = files_of(inbox, STREET) + files_of(inbox, SEARCH)
        lost = [member.name for member in members if kept.left(member, when_deleted=path) != member.read_bytes()]
    assert (lost, len(members)) == ([], 3)


def test_what_somebody_is_writing_under_a_members_name_is_left_alone(inbox):
    name = f"{MONTH}-lancashire-street.synthetic.csv"
    mine = inbox.drop(STREET, f"{name}.part", "somebody's own\n")
    archive(inbox, usual(inbox))
    archives.take_apart(inbox.settings)
    assert mine.read_text() == "somebody's own\n"


def test_a_second_refused_archive_of_the_same_name_is_put_beside_the_first_and_over_nothing(inbox):
    for content in (b"the first, no zip", b"the second, no zip", b"the third, no zip"):
        archive(inbox, {}).write_bytes(content)
        archives.take_apart(inbox.settings)
    refused = {path.name: path.read_bytes() for path in (inbox.settings.inbox / "refused").iterdir()}
    assert refused == {
        NAME: b"the first, no zip",
        f"2-{NAME}": b"the second, no zip",
        f"3-{NAME}": b"the third, no zip",
    }


def test_an_archive_that_cannot_be_put_aside_stays_and_holds_up_no_other(inbox, monkeypatch):
    broken = archive(inbox, {}, "a broken one.zip")
    broken.write_bytes(b"no zip at all")
    sound = archive(inbox, usual(inbox))

    def stuck(path, target):
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "rename", lambda path, target: stuck(path, target) if path == broken else os.rename(path, target))
    archives.take_apart(inbox.settings)
    assert (broken.exists(), sound.exists()) == (True, False)
    assert problems.of(inbox.settings, problems.ARCHIVES) == [
        f"The archive {broken.name} stays in the inbox: Operation not permitted"
    ]


def test_a_member_that_leads_out_of_the_archive_is_written_nowhere(inbox):
    archive(inbox, {f"../{STREET}/{MONTH}-lancashire-street.synthetic.csv": street(inbox)})
    archives.take_apart(inbox.settings)
    assert not (inbox.settings.inbox / STREET).exists()
    assert (inbox.settings.inbox / "refused" / NAME).exists()


def test_three_years_of_five_forces_are_taken_apart_in_the_memory_of_one_file(inbox):
    text = street(inbox)
    months = [f"{year}-{month:02}" for year in (2017, 2018, 2019) for month in range(1, 13)]
    forces = ("lancashire", "cumbria", "cheshire", "merseyside", "greater-manchester")
    archive(inbox, {f"{month}/{month}-{force}-street.csv": text * 2 for month in months for force in forces})
    tracemalloc.start()
    archives.take_apart(inbox.settings)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(list((inbox.settings.inbox / STREET).iterdir())) == len(months)
    assert most < 8 * archives.BLOCK_BYTES + 2 * len(text) * 2


def test_the_trigger_and_make_run_see_an_archive_that_waits(inbox):
    path = archive(inbox, usual(inbox))
    place = inbox.settings.inbox
    trigger = InboxTrigger(str(place / STREET), archives=True)
    assert InboxTrigger(**trigger.serialize()[1]).archives
    assert [one.name for one in look_of_trigger(place)[ROOT].files] == [NAME]
    seen = local_inbox.look(inbox.settings, local_inbox.feeds(inbox.settings))
    assert [one.name for one in seen.waiting[STREET]] == [NAME]
    assert seen.not_taken == ()
    without = {name: one for name, one in local_inbox.feeds(inbox.settings).items() if not one.takes_archives}
    (left,) = local_inbox.look(inbox.settings, without).not_taken
    assert (left.place, "takes archives apart" in left.why) == (NAME, True)
    path.unlink()
    (place / "a note.txt").write_text("x")
    seen = local_inbox.look(inbox.settings, local_inbox.feeds(inbox.settings))
    assert (seen.waiting, len(seen.not_taken)) == ({}, 1)


def test_a_file_of_another_countys_rows_is_held_and_says_whose_they_are(inbox):
    elsewhere = {"LSOA code": "E01013702", "LSOA name": "Leicester 019A"}
    text = rewrite(street(inbox), lambda number, row: elsewhere if row["LSOA name"] and number % 10 else {})
    inbox.drop(STREET, f"{MONTH}-lancashire-street.synthetic.csv", text)
    (row,) = inbox.take_in(STREET)
    assert row["status"] == "held"
    assert "PSC-020" in row["hold_reason"]
    assert "Leicester" in row["hold_reason"]


def test_the_british_transport_police_may_send_the_whole_countrys_rows(inbox):
    elsewhere = {"LSOA code": "E01013702", "LSOA name": "Leicester 019A"}
    text = rewrite(street(inbox, force="British Transport Police"), lambda _, row: elsewhere if row["LSOA name"] else {})
    inbox.drop(STREET, f"{MONTH}-btp-street.synthetic.csv", text)
    assert [row["status"] for row in inbox.take_in(STREET)] == ["accepted"]
