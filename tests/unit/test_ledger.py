"""What serves and what is only history: extracts, revisions, holds, messages, replay and retention."""

from __future__ import annotations

import csv
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from tests.inbox import Inbox
from tests.made import csv_text, file_name, rewrite, spoil, table, unzip, zipped
from tests.waiting import until
from vrn.accept import retention
from vrn.feeds.period import Period
from vrn.gate import history as drift
from vrn.ledger import findings, states
from vrn.ledger import store as ledger
from vrn.receive import landing
from vrn.report import messages
from vrn.run import deciding, ingest
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.warehouse.roles import SUPERUSER

ED, CRIME, CIN = "tiig_ed_attendance", "police_crime", "cin_census"
CRIMES, ATTENDANCES = "raw.police_crime__crime", "raw.tiig_ed_attendance__attendance"


def some(inbox: Inbox, feed: str, period: str, count: int = 60, start: int = 0) -> list[dict]:
    """Some rows of a good delivery."""
    return table(inbox.text(feed, period))[start : start + count]


def drop_crimes(inbox: Inbox, extract: str, rows: list[dict], month: str = "2019-05") -> None:
    inbox.drop(CRIME, f"{month}-lancashire-crime-asat-{extract}.synthetic.csv", csv_text(rows))


def drop_attendances(inbox: Inbox, month: str, rows: list[dict]) -> None:
    inbox.drop(ED, file_name(inbox.contract(ED), month), csv_text(rows))


def only(rows: list[dict]) -> dict:
    (row,) = rows
    return row


def again(inbox: Inbox, row: dict) -> dict:
    return only(ledger.describe(inbox.connection, [row["submission_id"]]))


def said(inbox: Inbox, row: dict) -> dict[str, dict]:
    return {one["rule_code"]: one for one in findings.of(inbox.connection, row["submission_id"])}


def crime_as_at(inbox: Inbox, crime_ref: str, day: str) -> tuple | None:
    """A crime's class and status as an extract of that day or the last before it knew it."""
    found = inbox.connection.execute(
        f"select c.ho_code, c.status from {CRIMES} as c where submission_id = (select submission_id from ops.submission where "
        "feed = %s and status in ('accepted', 'superseded') and extract_as_at <= %s order by extract_as_at desc limit 1) "
        "and c.crime_ref = %s",
        [CRIME, f"{day}T12:00:00Z", crime_ref],
    ).fetchone()
    return (found["ho_code"], found["status"]) if found else None


def current(inbox: Inbox, table_name: str) -> list[str]:
    """The rows that serve, without the number of their submission."""
    found = inbox.connection.execute(
        f"select to_jsonb(r) - 'submission_id' as content from {table_name} as r inner join ops.submission as s "
        f"using (submission_id) where s.status = 'accepted' order by s.period_start, r.row_number"
    ).fetchall()
    return [one["content"] for one in found]


# --- T20 to T24: extracts and revisions


def test_t020_a_crime_in_three_extracts_is_kept_three_times_and_the_last_one_serves(inbox):
    rows = some(inbox, CRIME, "2019-05")
    ref = rows[7]["crime_ref"]
    plain = {"ho_code": "8N", "status": "active", "cancel_reason": "", "prior_ho_code": "", "reclassified_at": ""}
    states = [
        ("2019-06-05", plain),
        ("2019-07-05", plain | {"ho_code": "5D", "prior_ho_code": "8N", "reclassified_at": "2019-06-20T09:00:00"}),
        ("2019-08-05", plain | {"ho_code": "5D", "status": "cancelled", "cancel_reason": "C3"}),
    ]
    for extract, state in states:
        drop_crimes(inbox, extract, [*rows[:7], rows[7] | state, *rows[8:]])
        assert only(inbox.take_in(CRIME))["status"] == "accepted"
    kept = inbox.connection.execute(
        f"select ho_code, status from {CRIMES} where crime_ref = %s order by submission_id", [ref]
    ).fetchall()
    assert [tuple(one.values()) for one in kept] == [("8N", "active"), ("5D", "active"), ("5D", "cancelled")]
    assert [one["status"] for one in current(inbox, CRIMES) if one["crime_ref"] == ref] == ["cancelled"]
    assert [crime_as_at(inbox, ref, day) for day in ("2019-06-04", "2019-06-30", "2019-07-30", "2019-08-30")] == [
        None,
        ("8N", "active"),
        ("5D", "active"),
        ("5D", "cancelled"),
    ]


def test_t021_a_crime_that_comes_late_restates_its_own_month_and_the_earlier_state_stays_known(inbox):
    rows = some(inbox, CRIME, "2019-05", 61)
    drop_crimes(inbox, "2019-06-05", rows[:60])
    first = only(inbox.take_in(CRIME))
    drop_crimes(inbox, "2019-07-05", some(inbox, CRIME, "2019-06"), month="2019-06")
    june = only(inbox.take_in(CRIME))
    drop_crimes(inbox, "2019-09-05", rows)
    second = only(inbox.take_in(CRIME))
    assert (again(inbox, first)["status"], again(inbox, first)["superseded_by"]) == ("superseded", second["submission_id"])
    # Another month is not touched.
    assert again(inbox, june) == june | {"reported_at": again(inbox, june)["reported_at"]}
    assert len(current(inbox, CRIMES)) == 61 + 60
    assert crime_as_at(inbox, rows[60]["crime_ref"], "2019-08-25") is None
    assert crime_as_at(inbox, rows[60]["crime_ref"], "2019-09-30") is not None


def test_t022_an_older_extract_that_comes_after_a_newer_one_is_history_and_is_told_so(inbox):
    rows = some(inbox, CRIME, "2019-05")
    drop_crimes(inbox, "2019-08-05", rows)
    newer = only(inbox.take_in(CRIME))
    before = current(inbox, CRIMES)
    drop_crimes(inbox, "2019-07-05", rows[:-4])
    older = only(inbox.take_in(CRIME))
    assert (older["status"], older["superseded_by"]) == ("superseded", newer["submission_id"])
    assert again(inbox, newer)["status"] == "accepted"
    assert current(inbox, CRIMES) == before
    assert said(inbox, older)["GEN-009"]["outcome"] == "note"
    # And one between the two that comes last does not regress either.
    drop_crimes(inbox, "2019-07-20", rows[:-2])
    assert only(inbox.take_in(CRIME))["status"] == "superseded"
    assert current(inbox, CRIMES) == before


def test_t022_extracts_that_wait_together_are_settled_by_their_day_and_not_by_their_order(inbox):
    rows = some(inbox, CRIME, "2019-05")
    for extract, count in (("2019-08-05", 60), ("2019-06-05", 56), ("2019-07-05", 58)):
        drop_crimes(inbox, extract, rows[:count])
    taken = inbox.take_in(CRIME)
    serving = [
        row["file_name"]
        for row in ledger.describe(inbox.connection, [one["submission_id"] for one in taken])
        if row["status"] == "accepted"
    ]
    assert serving == ["2019-05-lancashire-crime-asat-2019-08-05.synthetic.csv"]


def test_t023_the_same_bytes_twice_are_no_revision_whatever_they_are_called(inbox):
    rows = some(inbox, CRIME, "2019-05")
    drop_crimes(inbox, "2019-06-05", rows)
    first = only(inbox.take_in(CRIME))
    drop_crimes(inbox, "2019-06-05", rows)
    same = only(inbox.take_in(CRIME))
    drop_crimes(inbox, "2019-07-05", rows)
    renamed = only(inbox.take_in(CRIME))
    assert [same["status"], renamed["status"], again(inbox, first)["status"]] == ["duplicate", "duplicate", "accepted"]
    assert said(inbox, renamed)["GEN-003"]["outcome"] == "note"
    assert len(current(inbox, CRIMES)) == inbox.connection.execute(f"select count(*) as n from {CRIMES}").fetchone()["n"]


def test_t023_a_period_extracted_anew_with_one_changed_row_is_one_revision_of_one_row(inbox):
    rows = some(inbox, CRIME, "2019-05")
    drop_crimes(inbox, "2019-06-05", rows)
    inbox.take_in(CRIME)
    before = current(inbox, CRIMES)
    drop_crimes(
        inbox, "2019-07-05", [*rows[:5], rows[5] | {"victim_age": "41" if rows[5]["victim_age"] != "41" else "42"}, *rows[6:]]
    )
    inbox.take_in(CRIME)
    after = current(inbox, CRIMES)
    statuses = [row["status"] for row in inbox.connection.execute("select status from ops.submission order by 1").fetchall()]
    assert statuses == ["accepted", "superseded"]
    assert [new["crime_ref"] for old, new in zip(before, after, strict=True) if old != new] == [rows[5]["crime_ref"]]


def test_t024_a_crime_that_a_later_extract_does_not_have_serves_no_more_and_is_not_lost(inbox):
    rows = some(inbox, CRIME, "2019-05")
    for extract, kept in (("2019-06-05", rows), ("2019-07-05", rows[1:])):
        drop_crimes(inbox, extract, kept)
        inbox.take_in(CRIME)
    assert rows[0]["crime_ref"] not in [one["crime_ref"] for one in current(inbox, CRIMES)]
    assert crime_as_at(inbox, rows[0]["crime_ref"], "2019-06-30") is not None


# --- T26, T27: again, and at once


@pytest.mark.parametrize("feed", [ED, CIN])
def test_t026_the_same_file_in_an_emptied_warehouse_gives_the_same_tables(inbox, owner, feed):
    contract = inbox.contract(feed, "2019-20" if feed == CIN else "2020-06")
    period = Period.parse(contract.kind, "2019-20" if feed == CIN else "2020-06")
    sent = deliveries.content(contract, period, inbox.places)

    def taken() -> dict:
        inbox.drop(feed, file_name(contract, period.name), sent)
        assert only(inbox.take_in(feed))["status"] == "accepted"
        codes = inbox.connection.execute("select relname from pg_class where relnamespace = 'linkage'::regnamespace").fetchall()
        return inbox.tables() | {"linkage": sorted(row["relname"] for row in codes)}

    first = taken()
    for entity in contract.entities:
        for schema in ("raw", "quarantine", "linkage"):
            inbox.connection.execute(f"drop table if exists {schema}.{entity.table} cascade")
    # Nothing was released, and the table that keeps releases would not be emptied.
    owner.execute("alter table ops.release_submission disable trigger kept_as_published")
    owner.execute("alter table ops.submission_move disable trigger kept_as_moved")
    owner.execute("truncate ops.submission restart identity cascade")
    owner.execute("alter table ops.submission_move enable trigger kept_as_moved")
    assert taken() == first


class Together:
    """Calls of a function in two threads, which both come to its end before either goes on, unless one is kept out by a lock."""

    def __init__(self, settings: Settings, function):
        self._settings, self._function, self._here = settings, function, set()

    def __call__(self, *args, **kwargs):
        found = self._function(*args, **kwargs)
        self._here.add(threading.get_ident())
        with psycopg.connect(self._settings.conninfo(SUPERUSER), autocommit=True) as superuser:
            until(lambda: len(self._here) == 2 or self._is_kept_out(superuser), "the other thread comes as far, or is kept out")
        return found

    def _is_kept_out(self, superuser: psycopg.Connection) -> bool:
        waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return superuser.execute(waiting).fetchone() is not None


def in_two_threads(*works) -> list:
    """What each returned or raised."""
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(work) for work in works]
    return [future.exception() or future.result() for future in futures]


def test_t027_two_registrations_of_the_same_bytes_at_once_give_one_delivery_and_one_duplicate(inbox, monkeypatch):
    rows = some(inbox, CRIME, "2019-05")
    for extract in ("2019-06-05", "2019-07-05"):
        drop_crimes(inbox, extract, rows)
    paths = list((inbox.settings.inbox / CRIME).iterdir())
    monkeypatch.setattr(ledger, "same_bytes", Together(inbox.settings, ledger.same_bytes))
    done = in_two_threads(lambda: ingest.take_in(CRIME), lambda: ingest.take_in(CRIME))
    assert not [error for error in done if isinstance(error, Exception)]
    rows = inbox.connection.execute("select status from ops.submission order by 1").fetchall()
    assert [row["status"] for row in rows] == ["duplicate", "received"]
    assert len(list(inbox.settings.landing.rglob("*.sealed"))) == 2
    assert not any(path.exists() for path in paths)


def test_t027_two_acceptances_of_one_period_at_once_leave_one_that_serves(inbox, monkeypatch):
    rows = some(inbox, CRIME, "2019-05")
    for extract, count in (("2019-06-05", 58), ("2019-07-05", 60)):
        drop_crimes(inbox, extract, rows[:count])
    batches = ingest.take_in(CRIME)
    ids = sorted(one for batch in batches for one in batch)
    for step in ("stage", "gate"):
        assert not ingest.each(step, ids).broken
    monkeypatch.setattr(ledger, "get", Together(inbox.settings, ledger.get))
    done = in_two_threads(*(lambda one=one: ingest.each("accept", [one]) for one in ids))
    assert [result.broken for result in done] == [[], []]
    rows_ = ledger.describe(inbox.connection, ids)
    assert sorted((row["status"], row["rows_in_file"]) for row in rows_) == [("accepted", 60), ("superseded", 58)]
    assert len(current(inbox, CRIMES)) == 60


# --- T30, T33: local time


def test_t030_an_hour_that_comes_twice_is_kept_as_written_and_one_that_the_clocks_skip_is_warned_of(inbox):
    twice = {"arrival_date": "2019-10-27", "arrival_time": "01:30", "incident_date": "", "incident_time": ""}
    skipped = {"arrival_date": "2020-03-29", "arrival_time": "01:30", "incident_date": "", "incident_time": ""}
    for month, change in (("2019-10", twice), ("2020-03", skipped)):
        rows = some(inbox, ED, month)
        drop_attendances(inbox, month, [*rows[:3], rows[3] | change, *rows[4:]])
    autumn, spring = inbox.take_in(ED)
    assert [autumn["rows_quarantined"], spring["rows_quarantined"]] == [0, 0]
    assert "ED-022" not in said(inbox, autumn)
    assert said(inbox, spring)["ED-022"]["row_numbers"] == [5]
    kept = inbox.connection.execute(
        f"select arrival_date::text as day, arrival_time from {ATTENDANCES} where row_number = 5 order by 1"
    ).fetchall()
    assert [tuple(one.values()) for one in kept] == [("2019-10-27", "01:30"), ("2020-03-29", "01:30")]


def test_t030_a_wall_clock_is_stored_as_it_was_written_and_never_moved_by_an_offset(inbox):
    rows = some(inbox, CRIME, "2019-05")
    times = ["2018-10-28T01:30:00", "2019-03-31T01:30:00", "2018-07-01T12:00:00"]
    changed = [row | {"occurred_from": text, "occurred_to": ""} for row, text in zip(rows, times, strict=False)]
    drop_crimes(inbox, "2019-06-05", changed + rows[len(times) :])
    assert only(inbox.take_in(CRIME))["rows_quarantined"] == 0
    kept = inbox.connection.execute(
        f"select to_char(occurred_from, 'YYYY-MM-DD\"T\"HH24:MI:SS') as t from {CRIMES} order by row_number limit 3"
    )
    assert [one["t"] for one in kept.fetchall()] == times


@pytest.mark.parametrize(("midnights", "warned"), [(1, False), (3, True)])
def test_t033_many_arrivals_at_midnight_are_warned_of_because_they_may_stand_for_unknown(inbox, midnights, warned):
    rows = [
        row | {"arrival_time": "00:00" if place < midnights else "12:34"} for place, row in enumerate(some(inbox, ED, "2020-06"))
    ]
    drop_attendances(inbox, "2020-06", rows)
    row = only(inbox.take_in(ED))
    assert (row["rows_quarantined"], "ED-005" in said(inbox, row)) == (0, warned)


# --- GEN-005: unusual size

MONTHS = ("2020-02", "2020-03", "2020-04")


@pytest.fixture
def with_history(inbox: Inbox) -> Inbox:
    """A feed with three months of sixty rows."""
    for month in MONTHS:
        drop_attendances(inbox, month, some(inbox, ED, month))
    assert {row["status"] for row in inbox.take_in(ED)} == {"accepted"}
    return inbox


def test_a_delivery_is_looked_at_below_half_and_above_twice_the_usual_and_when_it_is_empty(with_history):
    inbox = with_history
    drop_attendances(inbox, "2020-05", some(inbox, ED, "2020-05"))
    row = only(inbox.take_in(ED))
    submission = ledger.get(inbox.connection, row["submission_id"])
    unusual = {
        rows: drift.unusual_volume(inbox.connection, replace(submission, rows_in_file=rows), inbox.contract(ED, "2020-05"))
        is not None
        for rows in (0, 29, 30, 60, 120, 121)
    }
    assert unusual == {0: True, 29: True, 30: False, 60: False, 120: False, 121: True}


def test_an_empty_delivery_is_looked_at_even_where_a_few_rows_are_usual_but_not_without_a_history(inbox):
    for month in MONTHS:
        drop_attendances(inbox, month, some(inbox, ED, month, 4))
    rows = inbox.take_in(ED)
    contract = inbox.contract(ED, MONTHS[0])
    first, last = (ledger.get(inbox.connection, rows[place]["submission_id"]) for place in (0, -1))
    assert drift.unusual_volume(inbox.connection, replace(last, rows_in_file=0), contract) is not None
    assert drift.unusual_volume(inbox.connection, replace(last, rows_in_file=1), contract) is None
    assert drift.unusual_volume(inbox.connection, replace(first, rows_in_file=0), contract) is None


def test_a_held_delivery_serves_nothing_until_a_person_approves_it_and_others_go_on(with_history):
    inbox = with_history
    before = current(inbox, ATTENDANCES)
    drop_attendances(inbox, "2020-05", some(inbox, ED, "2020-05", 20))
    drop_attendances(inbox, "2020-06", some(inbox, ED, "2020-06"))
    held, other = inbox.take_in(ED)
    assert (held["status"], other["status"]) == ("held", "accepted")
    assert held["hold_reason"].startswith("GEN-005: The delivery has 20 rows")
    assert current(inbox, ATTENDANCES)[: len(before)] == before
    assert len(current(inbox, ATTENDANCES)) == len(before) + 60
    # Another run leaves it alone.
    assert inbox.take_in(ED) == []
    assert again(inbox, held)["status"] == "held"
    (question,) = ingest.questions([])
    assert (question["submission_id"], "20 rows" in question["body"]) == (held["submission_id"], True)
    assert ingest.held([[held["submission_id"], other["submission_id"]]]) == [held["submission_id"]]
    deciding.approve(inbox.settings, held["submission_id"], by="a person", reason="a test")
    done = again(inbox, held)
    assert (done["status"], done["approved_by"], done["rows_accepted"]) == ("accepted", "a person", 20)
    assert len(current(inbox, ATTENDANCES)) == len(before) + 80
    assert ingest.questions([]) == []


def test_a_held_delivery_that_a_person_rejects_is_refused_and_the_last_good_one_goes_on_serving(with_history):
    inbox = with_history
    before = current(inbox, ATTENDANCES)
    drop_attendances(inbox, MONTHS[-1], some(inbox, ED, MONTHS[-1], 20))
    held = only(inbox.take_in(ED))
    assert held["status"] == "held"
    deciding.refuse(inbox.settings, held["submission_id"], by="a person", reason="a test")
    done = again(inbox, held)
    assert (done["status"], done["status_reason"][:7]) == ("refused", "GEN-021")
    assert "a person" in done["status_reason"]
    assert current(inbox, ATTENDANCES) == before
    left = inbox.connection.execute(
        "select relname from pg_class where relname like %s", [f"%s{held['submission_id']:06d}%"]
    ).fetchall()
    assert left == []
    # A second opinion comes too late, either way.
    for decide in (deciding.refuse, deciding.approve):
        with pytest.raises(states.NotAllowed, match="is refused"):
            decide(inbox.settings, held["submission_id"], by="another person", reason="a test")
    assert again(inbox, held)["status_reason"] == done["status_reason"]


def test_a_feed_whose_size_says_nothing_is_never_held(inbox):
    feed = "programme_training"
    for period, count in (("2019-20-Q3", 12), ("2019-20-Q4", 12), ("2020-21-Q1", 1)):
        inbox.drop(feed, file_name(inbox.contract(feed), period), csv_text(some(inbox, feed, period, count)))
    assert {row["status"] for row in inbox.take_in(feed)} == {"accepted"}


# --- GEN-007: blanks


@pytest.mark.parametrize(("blank", "warned"), [(6, False), (7, True), (18, True)])
def test_a_column_that_goes_blank_is_warned_of_by_name_and_share_and_still_serves(inbox, blank, warned):
    for month in ("2020-03", "2020-04"):
        drop_attendances(inbox, month, [row | {"ethnic_category": "A"} for row in some(inbox, ED, month)])
    inbox.take_in(ED)
    rows = [row | {"ethnic_category": "" if place < blank else "A"} for place, row in enumerate(some(inbox, ED, "2020-05"))]
    drop_attendances(inbox, "2020-05", rows)
    row = only(inbox.take_in(ED))
    message = said(inbox, row).get("GEN-007", {"message": "", "outcome": "warning"})
    assert row["status"] == "accepted"
    assert ("'ethnic_category'" in message["message"]) == warned
    if warned:
        assert f"'ethnic_category' ({blank / 60:.0%} instead of 0%)" in message["message"]
        assert message["outcome"] == "warning"


def test_an_older_archive_of_a_month_that_serves_is_held_because_its_outcomes_are_blank_again(inbox):
    """The described case 31: the first month of a home, so that there is nothing before it to compare with."""
    feed, month = "police_street_crime", "2020-04"
    name, text = f"{month}-lancashire-street.synthetic.csv", inbox.text(feed, month)
    inbox.drop(feed, name, text)
    assert [row["status"] for row in inbox.take_in(feed)] == ["accepted"]
    older = rewrite(text, lambda number, row: {"Last outcome category": ""} if number % 5 < 3 else {})
    inbox.drop(feed, name, older)
    row = only(inbox.take_in(feed))
    assert row["status"] == "held"
    assert "'last_outcome_category'" in row["hold_reason"]


# --- the message to the supplier


def message_of(inbox: Inbox, row: dict) -> list[dict]:
    with messages.path(inbox.settings, row).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_supplier_is_told_by_row_number_what_was_set_aside_and_no_value_is_quoted(inbox):
    mark = "Zzyzx Marker"
    text = inbox.text(ED, "2020-06")
    inbox.drop(
        ED,
        file_name(inbox.contract(ED), "2020-06"),
        spoil(text, {4: {"arrival_date": mark}, 9: {"injury_group": mark}, 11: {"age": mark}}),
    )
    row = only(inbox.take_in(ED))
    whole, *rules = message_of(inbox, row)
    assert whole["status"] == "accepted"
    assert whole["what_to_do"].endswith("3 are set aside, 0 repeat another row.")
    numbers = {one["rule_code"]: one["row_numbers"] for one in rules}
    assert (numbers["GEN-006"], numbers["ED-033"]) == ("4 11", "9")
    assert {one["table"] for one in rules if one["rule_code"] in ("GEN-006", "ED-033")} == {"attendance"}
    assert all(one["what_to_do"] for one in rules)
    assert mark.casefold() not in messages.path(inbox.settings, row).read_text().casefold()


def test_a_supplier_of_a_refused_file_is_told_what_to_do(inbox):
    inbox.drop(ED, file_name(inbox.contract(ED), "2020-06"), "Zzyzx,Marker\n1,2\n")
    row = only(inbox.take_in(ED))
    # The reason stands once in it.
    (whole,) = message_of(inbox, row)
    assert whole["status"] == "refused"
    assert whole["what_to_do"].startswith("GEN-001")
    assert "Send the file with the agreed columns" in whole["what_to_do"]
    assert "zzyzx" not in messages.path(inbox.settings, row).read_text().casefold()


def test_a_supplier_of_a_held_file_is_told_that_it_waits_and_later_what_became_of_it(with_history):
    inbox = with_history
    drop_attendances(inbox, "2020-05", some(inbox, ED, "2020-05", 20))
    held = only(inbox.take_in(ED))
    assert message_of(inbox, held)[0]["what_to_do"].startswith("GEN-005")
    deciding.approve(inbox.settings, held["submission_id"], by="a person", reason="a test")
    done = only(ledger.describe(inbox.connection, [held["submission_id"]]))
    assert message_of(inbox, done)[0]["status"] == "accepted"
    assert inbox.take_in(ED) == []


def test_t092_a_file_name_that_a_spreadsheet_would_run_is_text_in_the_message(inbox):
    inbox.drop(ED, "=HYPERLINK('x').synthetic.csv", "a\n")
    row = only(inbox.take_in(ED))
    assert row["status"] == "refused"
    cells = [cell for line in message_of(inbox, row) for cell in line.values() if cell]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


# --- originals: sealed, given back, forgotten


def test_no_clear_byte_of_a_delivery_is_anywhere_in_the_landing_zone_and_every_original_comes_back(inbox):
    sent = {}
    for month in ("2020-05", "2020-06"):
        text = inbox.text(ED, month)
        sent[file_name(inbox.contract(ED), month)] = text if month == "2020-05" else text[:3000]
        inbox.drop(ED, file_name(inbox.contract(ED), month), sent[file_name(inbox.contract(ED), month)])
    rows = inbox.take_in(ED)
    assert [row["status"] for row in rows] == ["accepted", "refused"]
    files = [path for path in inbox.settings.landing.rglob("*") if path.is_file()]
    assert [path.suffix for path in files] == [".sealed", ".sealed"]
    words = {cell for line in sent[rows[0]["file_name"]].splitlines() for cell in line.split(",") if len(cell) > 5}
    assert len(words) > 100
    assert not [word for word in words for path in files if word.encode() in path.read_bytes()]
    for row in rows:
        assert (
            landing.original(inbox.settings, row["submission_id"], row["file_name"]).opened().read().decode()
            == sent[row["file_name"]]
        )


def test_a_refused_delivery_can_be_replayed_and_is_judged_anew(inbox, monkeypatch):
    name, text = file_name(inbox.contract(ED), "2020-06"), csv_text(some(inbox, ED, "2020-06"))
    inbox.drop(ED, name, text)
    with monkeypatch.context() as patched:
        patched.setattr("vrn.stage.staging.delivery.check", _refuse)
        first = only(inbox.take_in(ED))
    assert first["status"] == "refused"
    assert deciding.replay(inbox.settings, [first["submission_id"]], by="a person", reason="a test") == {}
    second = only(inbox.take_in(ED))
    assert (second["submission_id"], second["status"], second["attempt"]) == (first["submission_id"], "accepted", 2)
    (why,) = deciding.replay(inbox.settings, [10**6], by="a person", reason="a test").values()
    assert "There is no submission 1000000" in why


def _refuse(*_) -> None:
    from vrn.errors import SubmissionRefused

    raise SubmissionRefused("GEN-001", "A rule of the feed file that is mended later.")


def test_an_original_is_forgotten_when_its_retention_is_over_and_the_rows_stay(with_history, owner):
    inbox = with_history
    days = inbox.contract(ED).retention_days
    drop_attendances(inbox, "2020-05", some(inbox, ED, "2020-05", 20))
    held = only(inbox.take_in(ED))
    rows = inbox.connection.execute("select submission_id, file_name from ops.submission order by 1").fetchall()
    for row, age in zip(rows, (days + 1, days - 1, 0, 10 * days), strict=True):
        owner.execute(
            "update ops.submission set received_at = now() - make_interval(days => %s) where submission_id = %s",
            [age, row["submission_id"]],
        )
    before = current(inbox, ATTENDANCES)
    assert retention.forget_originals() == 1
    there = [landing.is_there(inbox.settings, row["submission_id"], row["file_name"]) for row in rows]
    # The first is too old; the last is old as well, but waits for a person and is still needed.
    assert there == [False, True, True, True]
    assert again(inbox, rows[0])["original_forgotten_at"] is not None
    assert held["status"] == "held"
    assert current(inbox, ATTENDANCES) == before
    assert retention.forget_originals() == 0


def test_a_refused_delivery_whose_original_was_forgotten_cannot_be_replayed(inbox, owner):
    inbox.drop(ED, file_name(inbox.contract(ED), "2020-06"), "x\n")
    row = only(inbox.take_in(ED))
    owner.execute("update ops.submission set received_at = now() - interval '10 years'")
    assert retention.forget_originals() == 1
    (why,) = deciding.replay(inbox.settings, [row["submission_id"]], by="a person", reason="a test").values()
    assert "not kept; ask the supplier" in why


# --- a delivery of several tables


def test_the_counts_of_a_delivery_are_those_of_all_its_tables_together(inbox):
    feed = "yot_caseload"
    contract = inbox.contract(feed, "2019-20-Q2")
    members = unzip(deliveries.content(contract, Period.parse("quarter", "2019-20-Q2"), inbox.places))
    members["offence.csv"] = spoil(members["offence.csv"], {3: {"seriousness": "99"}, 4: {"seriousness": "0"}})
    members["outcome.csv"] = spoil(members["outcome.csv"], {5: {"outcome_type": "no such outcome"}})
    inbox.drop(feed, file_name(contract, "2019-20-Q2"), zipped(members))
    row = only(inbox.take_in(feed))
    kept, aside = {}, {}
    for entity in contract.entities:
        for counts, schema in ((kept, "raw"), (aside, "quarantine")):
            query = f"select count(*) as rows from {schema}.{entity.table}"
            counts[entity.name] = inbox.connection.execute(query).fetchone()["rows"]
    assert row["status"] == "accepted"
    assert aside["offence"] >= 2
    assert aside["outcome"] >= 1
    assert row["rows_quarantined"] == sum(aside.values())
    assert row["rows_accepted"] == sum(kept.values())
    assert row["rows_in_file"] == sum(len(table(text)) for text in members.values())
