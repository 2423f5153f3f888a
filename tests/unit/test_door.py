"""What is known of a delivery at the door: names that cannot be kept, periods that are not over, and names that pretend."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import at
from tests.made import csv_text, file_name, table, unzip, workbook, zipped
from tests.properties import examples
from tests.unit.test_agreements import MARK, entry, register
from vrn.feeds import days
from vrn.feeds.period import Period
from vrn.receive import door, names, problems, taking
from vrn.receive.refused import FOLDER as REFUSED_FOLDER
from vrn.run import ingest
from vrn.synthetic import deliveries

ED, CRIME, GRANTS, TRAINING = "tiig_ed_attendance", "police_crime", "programme_grants", "programme_training"
SEARCHES = "police_stop_search"
NOBODY = 65534


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    """A day on which the agreements of test_agreements hold."""
    monkeypatch.setattr(days, "datetime", at("2026-06-15T12:00"))


def only(rows: list[dict]) -> dict:
    (row,) = rows
    return row


def every_row(inbox) -> list[dict]:
    return inbox.connection.execute("select * from ops.submission order by submission_id").fetchall()


def refused(inbox, feed: str) -> list[str]:
    folder = inbox.settings.inbox / feed / REFUSED_FOLDER
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def drop_bytes(inbox, feed: str, name: bytes, content: bytes) -> bytes:
    folder = inbox.settings.inbox / feed
    folder.mkdir(parents=True, exist_ok=True)
    path = os.path.join(os.fsencode(folder), name)
    with open(path, "wb") as file:
        file.write(content)
    return path


# --- issue 13, point 5: names that cannot be stored

UNSTORABLE = {
    "of 250 characters": b"2020-04-" + b"x" * 238 + b".csv",
    "that is not UTF-8": b"2018-04 caf\xe9.csv",
    "with a line break": b"2020-04\nlancashire.csv",
    "with a sign that turns the direction": "2020-04-\u202efdp.csv".encode(),
    "with an escape sequence": b"\x1b[2J2020-04.csv",
}


@pytest.mark.parametrize("kind", UNSTORABLE)
def test_a_name_that_cannot_be_stored_is_refused_once_under_a_safe_name_and_holds_up_nobody(inbox, kind):
    """Issue 13, point 5."""
    raw, sound = UNSTORABLE[kind], "2020-02-lancashire-stop-and-search.csv"
    path = drop_bytes(inbox, SEARCHES, raw, b"whatever")
    inbox.drop(SEARCHES, sound, inbox.text(SEARCHES, "2020-02"))
    rows = {row["file_name"]: row for row in inbox.take_in(SEARCHES)}
    assert rows.pop(sound)["status"] == "accepted"
    (row,) = rows.values()
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-014")
    assert "name" in row["status_reason"]
    assert (row["file_name"].isprintable(), len(row["file_name"].encode()) <= names.MOST_BYTES) == (True, True)
    assert not os.path.exists(path)
    assert row["file_name"] in refused(inbox, SEARCHES)
    folder = inbox.settings.inbox / SEARCHES / REFUSED_FOLDER
    assert (folder / row["file_name"]).read_bytes() == b"whatever"
    # Whoever sent it finds it by the name that they know.
    assert (folder / os.fsdecode(raw)).resolve() == (folder / row["file_name"]).resolve()
    # Nothing is left to try again.
    assert inbox.take_in(SEARCHES) == []
    assert len(every_row(inbox)) == 2


def test_two_names_that_look_the_same_when_they_are_made_safe_stay_two(inbox):
    for content in (b"one", b"two"):
        drop_bytes(inbox, SEARCHES, b"x" * 240 + content, content)
    rows = inbox.take_in(SEARCHES)
    assert len({row["file_name"] for row in rows}) == 2


@examples(200)
@given(st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw))
def test_any_name_that_a_disk_can_hold_has_one_that_everything_can(raw):
    name = os.fsdecode(raw)
    stored = names.stored(name)
    assert stored.isprintable()
    assert len(stored.encode()) <= names.MOST_BYTES
    assert names.is_storable(stored)
    assert "/" not in stored
    if names.is_storable(name):
        assert stored == name


# --- issue 13, points 5 and 10: files that cannot be taken


def test_a_file_that_cannot_be_read_stays_where_it_is_is_said_once_and_holds_up_no_other(inbox, monkeypatch):
    """Issue 13, point 5: no row is added at each try."""
    bad, good = "2020-01-lancashire-stop-and-search.csv", "2020-02-lancashire-stop-and-search.csv"
    path = inbox.drop(SEARCHES, bad, inbox.text(SEARCHES, "2020-01"))
    inbox.drop(SEARCHES, good, inbox.text(SEARCHES, "2020-02"))
    real = Path.open

    def locked(self, *args, **kwargs):
        # As a superuser nobody is kept from reading, so the system's answer to others is given here.
        if self.name == bad:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", locked)
    batches = ingest.take_in(SEARCHES)
    told = ingest.conclude(batches, f"ingest__{SEARCHES}", "a run")
    assert [row["file_name"] for row in every_row(inbox)] == [good]
    assert [line for line in told if bad in line and "Permission denied" in line]
    assert path.exists()
    # It is said once, though the next runs meet it too.
    assert [line for line in ingest.conclude(ingest.take_in(SEARCHES), f"ingest__{SEARCHES}", "a run") if bad in line] == []
    assert len(problems.of(inbox.settings, SEARCHES)) == 1
    assert len(every_row(inbox)) == 1
    monkeypatch.setattr(Path, "open", real)
    inbox.take_in(SEARCHES)
    assert [row["file_name"] for row in every_row(inbox)] == [good, bad]
    assert problems.of(inbox.settings, SEARCHES) == []


def test_an_inbox_that_may_be_read_but_not_written_to_fills_no_disk_and_is_said_once(inbox, monkeypatch):
    """Issue 13, point 10."""
    paths = [inbox.drop(ED, file_name(inbox.contract(ED), month), inbox.text(ED, month)) for month in ("2020-05", "2020-06")]
    real = Path.mkdir

    def closed(self, *args, **kwargs):
        # As a superuser nobody is kept from writing, so the system's answer to others is given here.
        if taking.FOLDER in self.parts:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", closed)
    for told in (1, 0):
        lines = ingest.conclude(ingest.take_in(ED), f"ingest__{ED}", "a run")
        assert len([line for line in lines if "may be read but not written to" in line]) == told
    assert (every_row(inbox), all(path.exists() for path in paths)) == ([], True)
    assert not list(inbox.settings.landing.rglob("*"))
    monkeypatch.setattr(Path, "mkdir", real)
    assert {row["status"] for row in inbox.take_in(ED)} == {"accepted"}


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Somebody whom a folder's rights concern: nothing keeps the superuser from writing."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_may_only_be_read_is_told_and_keeps_its_file():
    """Issue 13, point 10: by the rights of the disk itself."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "a.csv"
        path.write_text("x")
        path.parent.chmod(0o555)
        try:
            with an_ordinary_user(), pytest.raises(taking.NotWritable, match="may be read but not written to"):
                taking.set_aside(path, 1)
            assert os.listdir(place) == ["a.csv"]
        finally:
            path.parent.chmod(0o755)


def test_a_full_disk_leaves_no_row_and_no_half_an_original_and_the_file_is_taken_later(inbox, monkeypatch):
    name, text = file_name(inbox.contract(ED), "2020-06"), inbox.text(ED, "2020-06")
    inbox.drop(ED, name, text)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("vrn.receive.seal._encrypt", full)
        batches = ingest.take_in(ED)
    assert batches == []
    assert every_row(inbox) == []
    assert [line for line in problems.of(inbox.settings, ED) if "No space left" in line]
    assert not [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
    assert [row["status"] for row in inbox.take_in(ED)] == ["accepted"]


# --- issue 13, points 7 and 15: a period is taken when it is over in Lancashire


@pytest.mark.parametrize(("now", "is_taken"), [("2026-06-30T22:50", False), ("2026-06-30T23:10", True)])
def test_a_period_is_taken_from_the_midnight_in_lancashire_after_its_last_day(inbox, monkeypatch, now, is_taken):
    """Issue 13, points 7 and 15: at 23:10 UTC it is ten past midnight of the first of July there."""
    monkeypatch.setattr(days, "datetime", at(now))
    inbox.drop(SEARCHES, "2026-06-lancashire-stop-and-search.csv", inbox.text(SEARCHES, "2026-06"))
    row = only(inbox.take_in(SEARCHES))
    if is_taken:
        assert (row["status"], row["period_start"].isoformat()) == ("accepted", "2026-06-01")
    else:
        assert row["status_reason"].startswith(
            "GEN-014: The file's name says that it is of 2026-06, which is not over: a period is"
        )
        assert "delivered from 2026-07-01 on" in row["status_reason"]


@pytest.mark.parametrize(
    ("feed", "name"),
    [
        (SEARCHES, "2027-03-lancashire-stop-and-search.csv"),
        (TRAINING, "2026-27-Q2-lvrn-training.csv"),
        ("cin_census", "2026-27-888-cin-census.xml"),
    ],
)
def test_a_period_that_is_not_over_or_still_to_come_is_refused_whatever_its_kind(inbox, monkeypatch, feed, name):
    """Issue 13, point 7."""
    monkeypatch.setattr(days, "datetime", at("2026-08-25T12:00"))
    inbox.drop(feed, name, "x\n")
    row = only(inbox.take_in(feed))
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-014")
    assert "which is not over" in row["status_reason"]


def test_an_extract_cut_on_the_first_of_july_and_delivered_ten_past_midnight_is_taken(inbox, monkeypatch):
    """Issue 13, point 15; case 30 of ../shared/cases."""
    monkeypatch.setattr(days, "datetime", at("2026-06-30T23:10"))
    inbox.drop(CRIME, "2026-06-lancashire-crime-asat-2026-07-01.synthetic.csv", inbox.text(CRIME, "2026-06"))
    assert len(inbox.register(CRIME)) == 1
    assert [row["status"] for row in every_row(inbox)] == ["received"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/London"])
def test_the_day_of_an_extract_is_that_day_in_the_zones_that_sessions_live_in(inbox, zone):
    """Issue 13, point 15."""
    for month, cut in (("2019-12", "2020-01-05"), ("2020-06", "2020-07-05")):
        inbox.drop(CRIME, f"{month}-lancashire-crime-asat-{cut}.synthetic.csv", inbox.text(CRIME, month))
    inbox.take_in(CRIME)
    inbox.connection.execute(f"set time zone '{zone}'")
    found = inbox.connection.execute("select extract_as_at::date::text as day from ops.submission order by 1").fetchall()
    assert [row["day"] for row in found] == ["2020-01-05", "2020-07-05"]


@pytest.mark.parametrize(
    ("now", "is_covered"),
    [
        ("2026-06-30T22:50", False),
        ("2026-06-30T23:10", True),
        ("2026-09-30T22:50", True),
        ("2026-09-30T23:10", False),
    ],
)
def test_an_agreement_begins_and_ends_at_midnight_in_lancashire(inbox, monkeypatch, now, is_covered):
    """Issue 13, point 15: an agreement's first and last day are days there."""
    monkeypatch.setattr(days, "datetime", at(now))
    register(inbox, entry(inbox) | {"valid_from": "2026-07-01", "valid_to": "2026-09-30"})
    text = inbox.settings.agreements.read_text().replace("'2026-07-01'", "2026-07-01").replace("'2026-09-30'", "2026-09-30")
    inbox.settings.agreements.write_text(text)
    assert yaml.safe_load(text)[0]["valid_to"].isoformat() == "2026-09-30"
    inbox.drop(ED, "2020-06-rxl-ed-attendance.csv", inbox.text(ED, "2020-06"))
    row = only(inbox.take_in(ED))
    assert (row["status"] == "accepted") is is_covered, row["status_reason"]


# --- issue 13, point 3: what is the same


def test_a_correction_that_is_taken_back_by_the_first_file_serves_no_more(inbox):
    """Issue 13, point 3 (C): A, B, A; case 07b of ../shared/cases."""
    first = inbox.text(SEARCHES, "2020-02")
    second = "".join(first.splitlines(keepends=True)[:-3])
    name = "2020-02-lancashire-stop-and-search.csv"
    for text in (first, second, first):
        inbox.drop(SEARCHES, name, text)
        assert only(inbox.take_in(SEARCHES))["status"] == "accepted"
    assert [row["status"] for row in every_row(inbox)] == ["superseded", "superseded", "accepted"]
    assert every_row(inbox)[2]["rows_in_file"] == len(table(first))


def test_the_first_file_takes_a_correction_back_even_before_the_correction_was_judged(inbox):
    """Issue 13, point 3: the first still serves when it comes again, and yet this is no repetition."""
    first = inbox.text(SEARCHES, "2020-02")
    second = "".join(first.splitlines(keepends=True)[:-3])
    name = "2020-02-lancashire-stop-and-search.csv"
    inbox.drop(SEARCHES, name, first)
    inbox.take_in(SEARCHES)
    for text in (second, first):
        inbox.drop(SEARCHES, name, text)
        inbox.register(SEARCHES)
    inbox.take_in(SEARCHES)
    assert [row["status"] for row in every_row(inbox)] == ["superseded", "superseded", "accepted"]


def test_the_same_bytes_under_a_wrong_and_then_under_the_right_name_are_accepted(inbox):
    """Issue 13, point 3 (T)."""
    text = inbox.text(SEARCHES, "2020-02")
    for name in ("2020-03-lancashire-stop-and-search.csv", "2020-02-lancashire-stop-and-search.csv"):
        inbox.drop(SEARCHES, name, text)
        inbox.take_in(SEARCHES)
    wrong, right = every_row(inbox)
    assert (wrong["status"], right["status"]) == ("refused", "accepted")


def test_two_quarters_in_which_nothing_happened_are_two_deliveries_though_their_bytes_are_the_same(inbox):
    """Issue 13, point 3; case 12 of ../shared/cases."""
    contract = inbox.contract(GRANTS, "2019-20-Q1")
    rows = table(deliveries.content(contract, Period.parse("quarter", "2019-20-Q1"), inbox.places).decode())
    text = csv_text(rows[:1])
    for quarter in ("2019-20-Q1", "2019-20-Q2"):
        inbox.drop(GRANTS, file_name(contract, quarter), text)
        row = only(inbox.take_in(GRANTS))
        assert row["status"] != "duplicate", row["status_reason"]
    inbox.drop(GRANTS, file_name(contract, "2019-20-Q2"), text)
    assert only(inbox.take_in(GRANTS))["status"] == "duplicate"


# --- issue 13, point 10: a name that says it is synthetic


def test_a_word_in_a_name_that_says_nothing_else_lets_no_byte_in(inbox):
    """Issue 13, point 10 (C): '.synthetic.' in a real file's name skipped the agreement."""
    inbox.drop(ED, "fibres.synthetic.csv", "a real person\n")
    row = only(inbox.take_in(ED))
    assert (row["status"], row["is_synthetic"]) == ("refused", False)
    assert refused(inbox, ED) == ["fibres.synthetic.csv"]
    assert not [path for path in inbox.settings.landing.rglob("*") if path.is_file()]


def test_where_real_data_are_shared_a_name_that_says_synthetic_is_not_believed(inbox):
    """Issue 13, point 10: a partner names a real file so, or sends it to a feed for which it has no agreement."""
    register(inbox, entry(inbox))
    for feed in (ED, "istv_assault"):
        name = file_name(inbox.contract(feed), "2020-06")
        inbox.drop(feed, name, inbox.text(feed, "2020-06"))
        row = only(inbox.take_in(feed))
        assert (row["status"], row["status_reason"][:7], row["is_synthetic"]) == ("refused", "GEN-016", False)
        assert "take '.synthetic' out of its name" in row["status_reason"]
        assert refused(inbox, feed) == [name]
    assert not [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
    # Nor when the agreement has ended since and was taken out of the register: what came under it is there.
    inbox.drop(ED, "2020-06-rxl-ed-attendance.csv", inbox.text(ED, "2020-06"))
    assert only(inbox.take_in(ED))["status"] == "accepted"
    register(inbox)
    inbox.drop("istv_assault", file_name(inbox.contract("istv_assault"), "2020-05"), inbox.text("istv_assault", "2020-05"))
    assert only(inbox.take_in("istv_assault"))["status_reason"].startswith("GEN-016")


def test_in_a_home_that_was_filled_with_made_up_deliveries_they_go_on_coming_beside_an_agreement(inbox):
    inbox.drop(ED, file_name(inbox.contract(ED), "2020-05"), inbox.text(ED, "2020-05"))
    inbox.take_in(ED)
    register(inbox, entry(inbox) | {"feed": "istv_assault"})
    inbox.drop(ED, file_name(inbox.contract(ED), "2020-06"), inbox.text(ED, "2020-06"))
    assert only(inbox.take_in(ED))["status"] == "accepted"


def test_a_real_and_a_synthetic_delivery_that_come_together_do_not_mix_either(inbox):
    for name in ("2020-01-lancashire-stop-and-search.csv", "2020-02-lancashire-stop-and-search.synthetic.csv"):
        inbox.drop(SEARCHES, name, inbox.text(SEARCHES, name[:7]))
    first, second = inbox.take_in(SEARCHES)
    assert (first["status"], second["status"], second["status_reason"][:7]) == ("accepted", "refused", "GEN-016")


# --- issue 13, point 10: undeclared columns, before a byte is kept


def bare(inbox, feed: str, period: str) -> tuple[str, str | bytes]:
    """The name and the content of a delivery that calls itself real."""
    contract = inbox.contract(feed, period)
    content = deliveries.content(contract, Period.parse(contract.kind, period), inbox.places)
    return file_name(contract, period).replace(".synthetic", ""), content


def agreed(inbox, feed: str) -> None:
    """An agreement that covers all that a feed's first supplier may bring."""
    contract = inbox.contract(feed)
    register(
        inbox,
        entry(inbox) | {"feed": feed, "suppliers": [next(iter(contract.suppliers))], "fields": sorted(contract.fields)},
    )


def with_surnames(inbox, feed: str) -> tuple[str, str | bytes]:
    """A real delivery with a column that nobody agreed on."""
    if feed == TRAINING:
        rows = table(inbox.text(feed, "2019-20-Q3"))
        cells = [[*rows[0], "Surname"], *([*row.values(), MARK] for row in rows)]
        return "2019-20-Q3-lvrn-training.xlsx", workbook(cells)
    name, content = bare(inbox, feed, "2019-20")
    if feed == "cin_census":
        return name, content.decode().replace("<UPN>", f"<Surname>{MARK}</Surname><UPN>")
    members = unzip(content)
    lines = members["header.csv"].splitlines()
    members["header.csv"] = "".join(f"{line},{MARK if number else 'Surname'}\n" for number, line in enumerate(lines))
    return name, zipped(members)


@pytest.mark.parametrize("feed", ["ssda903", "cin_census", TRAINING])
def test_a_column_that_nobody_agreed_on_is_kept_in_no_format(inbox, feed):
    """Issue 13, point 10 (C): undeclared columns of zip, XML and XLSX were sealed and kept."""
    agreed(inbox, feed)
    name, content = with_surnames(inbox, feed)
    inbox.drop(feed, name, content)
    row = only(inbox.take_in(feed))
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-001")
    assert refused(inbox, feed) == [name]
    assert not [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
    # Without that column it comes in.
    if feed != TRAINING:
        inbox.drop(feed, *bare(inbox, feed, "2019-20"))
        assert len(inbox.register(feed)) == 1


def test_what_is_packed_in_a_zip_an_xml_or_a_workbook_is_shown_to_the_check_before_a_byte_is_kept(inbox, monkeypatch):
    """Issue 13, point 10: the caller's check sees every delivery of a feed that needs an agreement, whatever its format."""
    shown: list[tuple[str, bytes, str]] = []

    def check(opened, name, contract) -> None:
        with opened() as content:
            shown.append((name, content.read(2), contract.feed))
        assert not [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
        raise door.SubmissionRefused("GEN-001", "A column that nobody agreed on.")

    monkeypatch.setattr(ingest.delivery, "check_header", check)
    sent = {
        "cin_census": bare(inbox, "cin_census", "2019-20"),
        "ssda903": bare(inbox, "ssda903", "2019-20"),
        TRAINING: ("2019-20-Q3-lvrn-training.xlsx", workbook([["Surname"], ["x"]])),
    }
    for feed, (name, content) in sent.items():
        agreed(inbox, feed)
        inbox.drop(feed, name, content)
        row = only(inbox.take_in(feed))
        assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-001")
        assert refused(inbox, feed) == [name]
    assert shown == [
        (sent["cin_census"][0], b"<?", "cin_census"),
        (sent["ssda903"][0], b"PK", "ssda903"),
        (sent[TRAINING][0], b"PK", TRAINING),
    ]


def test_what_no_check_can_look_into_is_refused_and_not_kept(inbox, monkeypatch):
    def broken(*_):
        raise ValueError("of a reader")

    monkeypatch.setattr(ingest.delivery, "check_header", broken)
    name, content = bare(inbox, "ssda903", "2019-20")
    members = unzip(content)
    agreed(inbox, "ssda903")
    inbox.drop("ssda903", name, zipped(members))
    row = only(inbox.take_in("ssda903"))
    assert (row["status"], row["status_reason"][:7]) == ("refused", "GEN-010")
    assert "cannot be read as ZIP" in row["status_reason"]
    assert refused(inbox, "ssda903") == [name]
