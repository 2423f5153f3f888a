"""A file is taken when it is whole: it rests in the inbox, then aside, and neither a crash nor a late writer loses anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kills import Killed, killed_at
from tests.made import file_name, table
from vrn.ledger import store as ledger
from vrn.receive import folder, landing, names, refused, register, taking
from vrn.run import ingest

ED, PERIOD = "tiig_ed_attendance", "2020-06"


@pytest.fixture
def sent(inbox) -> tuple[str, str]:
    """The name and the text of a good delivery."""
    return file_name(inbox.contract(ED), PERIOD), inbox.text(ED, PERIOD)


@pytest.fixture
def elsewhere(monkeypatch) -> None:
    """The inbox lies on a disk that other machines write to, so that nobody here knows who has a file open."""
    monkeypatch.setattr(taking, "LOCAL", ())
    monkeypatch.setattr(folder, "is_open_to_write", lambda path: None)


@pytest.fixture
def rests(monkeypatch) -> list[Callable[[], object]]:
    """What happens while files lie aside; the wait itself takes no time. It is asked for no rest that nothing happens in."""
    happenings: list[Callable[[], object]] = []
    monkeypatch.setattr(taking, "_wait", lambda seconds: [happen() for happen in happenings])
    return happenings


def aside(inbox) -> list[Path]:
    return [path for path in (inbox.settings.inbox / ED).rglob("*") if taking.FOLDER in path.parts and path.is_file()]


def rows(inbox) -> list[dict]:
    return inbox.connection.execute("select * from ops.submission order by submission_id").fetchall()


def at_age(monkeypatch, path: Path, seconds: float) -> None:
    """It is so many seconds after a file last changed."""
    moment = path.stat().st_ctime_ns + int(seconds * 1e9)
    monkeypatch.setattr(folder.time, "time_ns", lambda: moment)


# --- issue 13, point 2: the rest in the inbox


def test_a_file_is_left_alone_until_nobody_has_changed_it_for_as_long_as_the_home_says(inbox, sent, monkeypatch):
    monkeypatch.setenv("VRN_REST_SECONDS", "10")
    name, text = sent
    path = inbox.drop(ED, name, text[:5000])
    at_age(monkeypatch, path, 9.9)
    assert inbox.take_in(ED) == []
    path.write_text(text)
    at_age(monkeypatch, path, 9.9)
    assert inbox.take_in(ED) == []
    at_age(monkeypatch, path, 10.1)
    (row,) = inbox.take_in(ED)
    assert (row["status"], row["rows_in_file"]) == ("accepted", len(table(text)))


def test_a_home_that_says_no_number_of_seconds_is_told_so(inbox, monkeypatch):
    monkeypatch.setenv("VRN_REST_SECONDS", "ten")
    with pytest.raises(Exception, match="VRN_REST_SECONDS is 'ten'"):
        ingest.take_in(ED)


def test_a_file_that_somebody_still_has_open_to_write_is_not_taken_however_long_it_has_rested(inbox, sent):
    """Issue 13, point 2: the writer paused for longer than any rest."""
    name, text = sent
    path = inbox.drop(ED, name, "")
    with path.open("w") as slow:
        slow.write(text[:5000])
        slow.flush()
        assert inbox.take_in(ED) == []
        assert rows(inbox) == []
        slow.write(text[5000:])
    (row,) = inbox.take_in(ED)
    assert (row["status"], row["rows_in_file"]) == ("accepted", len(table(text)))


def test_who_only_reads_a_file_keeps_nobody_from_taking_it(inbox, sent):
    path = inbox.drop(ED, *sent)
    with path.open():
        assert [row["status"] for row in inbox.take_in(ED)] == ["accepted"]


# --- issue 13, point 2: the rest aside


def test_a_writer_that_goes_on_after_the_file_was_set_aside_loses_nothing(inbox, sent, elsewhere, rests):
    name, text = sent
    path = inbox.drop(ED, name, text[:5000])
    with path.open("a") as slow:

        def go_on() -> None:
            assert [one.name for one in aside(inbox)] == [name]
            slow.write(text[5000:6000])
            slow.flush()

        rests.append(go_on)
        assert inbox.take_in(ED) == []
        assert rows(inbox) == []
        assert aside(inbox) == []
        rests.clear()
        slow.write(text[6000:])
    assert path.read_text() == text
    (row,) = inbox.take_in(ED)
    assert (row["status"], row["rows_in_file"]) == ("accepted", len(table(text)))
    assert not path.exists()


def test_a_writer_that_goes_on_while_the_file_is_sealed_loses_nothing(inbox, sent, elsewhere, rests, monkeypatch):
    name, text = sent
    path = inbox.drop(ED, name, text[:5000])
    take = landing.take
    with path.open("a") as slow, monkeypatch.context() as patched:

        def sealed_meanwhile(*args):
            content = take(*args)
            slow.write(text[5000:])
            slow.flush()
            return content

        patched.setattr(landing, "take", sealed_meanwhile)
        assert inbox.take_in(ED) == []
    assert rows(inbox) == []
    assert not list(inbox.settings.landing.rglob("*.sealed"))
    assert path.read_text() == text
    (row,) = inbox.take_in(ED)
    assert row["rows_in_file"] == len(table(text))


def test_a_file_that_goes_back_writes_over_no_file_that_came_under_its_name_and_both_are_taken(inbox, sent, elsewhere, rests):
    name, text = sent
    newer = "".join(text.splitlines(keepends=True)[:-5])
    path = inbox.drop(ED, name, text[:5000])
    slow = path.open("a")

    def go_on() -> None:
        slow.write(text[5000:])
        slow.close()
        inbox.drop(ED, name, newer)

    rests.append(go_on)
    assert inbox.take_in(ED) == []
    assert path.read_text() == newer
    rests.clear()
    first, second = inbox.take_in(ED)
    assert [first["rows_in_file"], second["rows_in_file"]] == [len(table(text)), len(table(newer))]
    assert second["status"] == "accepted"


def test_all_that_waits_rests_together_and_what_is_proven_closed_does_not_rest_at_all(inbox, sent, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(taking, "_wait", waits.append)
    months = ("2020-04", "2020-05", "2020-06")

    def drop() -> None:
        for month in months:
            inbox.drop(ED, file_name(inbox.contract(ED), month), inbox.text(ED, month))

    drop()
    assert len(inbox.take_in(ED)) == len(months)
    assert waits == []
    monkeypatch.setattr(taking, "LOCAL", ())
    drop()
    assert len(inbox.take_in(ED)) == len(months)
    assert waits == [inbox.settings.rest_seconds]


# --- a suffix or a marker, as the feed file may say


@pytest.fixture
def says(inbox, monkeypatch, tmp_path) -> Callable[[dict], None]:
    """Make the feed file say how one knows that a file is whole. Nothing rests long enough meanwhile."""
    text = (inbox.settings.contracts / f"{ED}.odcs.yaml").read_text()
    folder_ = tmp_path / "contracts"
    folder_.mkdir()

    def say(whole: dict) -> None:
        (mark, suffix), marker = *whole.items(), "      - property: fileName\n"
        assert marker in text
        said = f"      - {{property: whole, value: {{{mark}: {suffix}}}}}\n"
        (folder_ / f"{ED}.odcs.yaml").write_text(text.replace(marker, said + marker))
        monkeypatch.setenv("VRN_CONTRACTS", str(folder_))
        monkeypatch.setenv("VRN_REST_SECONDS", "100000")

    return say


def test_where_the_feed_file_names_a_marker_a_file_is_taken_when_one_lies_beside_it_and_without_resting(inbox, sent, says, rests):
    says({"marker": ".ok"})
    rests.append(lambda: pytest.fail("it rested"))
    name, text = sent
    path = inbox.drop(ED, name, text)
    assert inbox.take_in(ED) == []
    marker = inbox.drop(ED, f"{name}.ok", "")
    before = path.stat().st_mtime - 1
    os.utime(marker, (before, before))
    # A marker of an earlier file of that name says nothing about this one.
    assert inbox.take_in(ED) == []
    os.utime(marker)
    assert [row["status"] for row in inbox.take_in(ED)] == ["accepted"]
    # The marker goes with its file: the next file of that name needs one of its own.
    assert not marker.exists()


def test_where_the_feed_file_names_a_suffix_of_unfinished_files_what_has_lost_it_is_whole(inbox, sent, says, rests):
    says({"unfinished": ".uploading"})
    rests.append(lambda: pytest.fail("it rested"))
    name, text = sent
    path = inbox.drop(ED, f"{name}.uploading", text)
    assert inbox.take_in(ED) == []
    path.rename(path.with_name(name))
    assert [row["status"] for row in inbox.take_in(ED)] == ["accepted"]


@pytest.mark.parametrize("name", ["~$2020-06-rxl-ed-attendance.csv", "Thumbs.db", "desktop.ini", ".~lock.2020-06.csv#"])
def test_what_programs_put_beside_a_delivery_stays_where_it_is_and_is_no_delivery(inbox, name):
    path = inbox.drop(ED, name, "somebody")
    assert inbox.take_in(ED) == []
    assert (path.exists(), rows(inbox)) == (True, [])


# --- a crash between any two lines


PLACES = (
    "vrn.receive.taking._aside",
    "vrn.receive.taking.rest",
    "vrn.receive.door.look",
    "vrn.receive.landing.take",
    "vrn.whole_file.sync",
    "vrn.ledger.store.add",
    "vrn.receive.taking.done",
    "vrn.receive.taking._tidy",
    "vrn.receive.problems.keep",
    "vrn.ledger.store.open_work",
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", PLACES)
def test_a_crash_anywhere_leaves_one_row_one_original_and_no_clear_copy_when_the_next_run_is_through(
    inbox, sent, monkeypatch, place, after
):
    name, text = sent
    inbox.drop(ED, name, text)
    with pytest.raises(Killed), killed_at(place, after=after):
        inbox.take_in(ED)
    inbox.take_in(ED)
    (row,) = rows(inbox)
    assert (row["status"], row["file_name"], row["rows_in_file"]) == ("accepted", name, len(table(text)))
    (sealed,) = [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
    assert sealed == landing.path(inbox.settings, row["submission_id"], name)
    assert landing.original(inbox.settings, row["submission_id"], name).opened().read().decode() == text
    assert list((inbox.settings.inbox / ED).rglob("*")) == []


@pytest.mark.parametrize("place", ["vrn.ledger.store.add", "vrn.receive.refused.put_aside", "vrn.receive.taking.tidy"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_over_what_may_not_be_kept_leaves_one_refusal_and_the_file_put_aside(inbox, sent, monkeypatch, place, after):
    name, text = sent[0].replace(".synthetic", ""), sent[1]
    inbox.drop(ED, name, text)
    with pytest.raises(Killed), killed_at(place, after=after):
        inbox.take_in(ED)
    inbox.take_in(ED)
    (row,) = rows(inbox)
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-008")
    files = [path for path in (inbox.settings.inbox / ED).rglob("*") if path.is_file()]
    assert [path.relative_to(inbox.settings.inbox / ED) for path in files] == [Path(refused.FOLDER) / name]
    assert files[0].read_text() == text


def test_a_crash_while_a_file_is_given_back_does_not_make_two_of_it(inbox, sent, elsewhere, rests, monkeypatch):
    name, text = sent
    path = inbox.drop(ED, name, text[:5000])
    slow = path.open("a")
    rests.append(lambda: (slow.write(text[5000:]), slow.close()))
    with pytest.raises(Killed), killed_at("vrn.receive.taking.done"):
        inbox.take_in(ED)
    assert path.exists()
    assert len(aside(inbox)) == 1
    rests.clear()
    assert [(row["status"], row["rows_in_file"]) for row in inbox.take_in(ED)] == [("accepted", len(table(text)))]
    assert len(rows(inbox)) == 1


def test_what_somebody_else_put_among_the_files_set_aside_is_a_delivery_like_any_other(inbox, sent):
    """A number that a supplier made up neither takes the place of a row to come nor brings anything into a row that is there."""
    name, text = sent
    inbox.drop(ED, name, text)
    (first,) = inbox.take_in(ED)
    numbers = (first["submission_id"], first["submission_id"] + 1, 10**17)
    for number, month in zip(numbers, ("2020-03", "2020-04", "2020-05"), strict=True):
        own = inbox.settings.inbox / ED / taking.FOLDER / str(number)
        own.mkdir(parents=True)
        (own / file_name(inbox.contract(ED), month)).write_text(inbox.text(ED, month))
    came = inbox.take_in(ED)
    assert [row["status"] for row in came] == ["accepted"] * 3
    assert max(row["submission_id"] for row in came) < first["submission_id"] + 10
    assert landing.original(inbox.settings, first["submission_id"], name).opened().read().decode() == text


def test_a_home_of_before_that_lost_an_original_in_a_crash_takes_the_file_when_it_comes_again(inbox, sent):
    name, text = sent
    inbox.drop(ED, name, text)
    (lost,) = inbox.register(ED)
    landing.forget(inbox.settings, lost)
    inbox.drop(ED, name, text)
    inbox.take_in(ED)
    before, again = rows(inbox)
    assert (before["status"], again["status"]) == ("refused", "accepted")
    assert f"came again as submission {again['submission_id']}" in before["status_reason"]


# --- what is sealed


def test_the_digest_in_the_ledger_is_that_of_the_bytes_that_were_sealed(inbox, sent, elsewhere, rests, monkeypatch):
    name, text = sent
    inbox.drop(ED, name, text)
    (number,) = inbox.register(ED)
    (row,) = ledger.describe(inbox.connection, [number])
    with landing.original(inbox.settings, number, name).opened() as content:
        assert names.stored(name) == row["file_name"]
        assert (register.seal.digest(content).sha256, row["byte_count"]) == (row["sha256"], len(text.encode()))


def test_an_original_laid_into_the_folder_of_another_submission_does_not_open(inbox):
    ids = []
    for month in ("2020-05", "2020-06"):
        inbox.drop(ED, file_name(inbox.contract(ED), month), inbox.text(ED, month))
        ids += [number for number in inbox.register(ED) if number not in ids]
    first, second = (landing.path(inbox.settings, row["submission_id"], row["file_name"]) for row in rows(inbox))
    second.write_bytes(first.read_bytes())
    done = ingest.each("stage", ids)
    assert len(done.results) == 1
    assert "folder of another submission" in done.broken[0]
