"""A crime may come in files of several months: a build finds its other months, and reads their deliveries and no others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import psycopg
import pytest

from tests.inbox import Inbox
from vrn.build import dbt
from vrn.feeds.period import Period
from vrn.run import deciding
from vrn.synthetic import deliveries

FEED, MODEL = "police_crime", "int_crime__recorded"
LEDGER, EVENTS = ("stg_ops__submission", "stg_ops__feed_month"), ("int_crime__reference", MODEL)


def lines_of(inbox: Inbox, month: str) -> list[bytes]:
    contract = inbox.contract(FEED, month)
    period = Period.parse(contract.kind, month)
    return deliveries.content(contract, period, inbox.places, next(iter(contract.suppliers))).splitlines(keepends=True)


def deliver(inbox: Inbox, owner: psycopg.Connection, month: str, cut_on: str, also: Iterable[bytes] = (), first: int = 1) -> int:
    """A month's file as it was cut on a day, from its first crime or another one on, with crimes of other months' files."""
    contract = inbox.contract(FEED, month)
    period = Period.parse(contract.kind, month)
    lines = lines_of(inbox, month)
    moved = [line.replace(date_of(line, lines), f"{month}-15".encode()) for line in also]
    name = deliveries.file_name(contract, period, next(iter(contract.suppliers)))
    inbox.drop(FEED, name, b"".join([lines[0], *lines[first:], *moved]))
    (row,) = inbox.take_in(FEED)
    assert row["status"] == "accepted", row["status_reason"]
    owner.execute("update ops.submission set extract_as_at = %s where submission_id = %s", [cut_on, row["submission_id"]])
    return row["submission_id"]


def date_of(line: bytes, lines: list[bytes]) -> bytes:
    return line.split(b",")[lines[0].strip().split(b",").index(b"date_recorded")]


def build(inbox: Inbox, *chosen: str) -> None:
    assert dbt.invoke(inbox.settings, ["--quiet", "run", "--select", *chosen]).success


def test_a_crime_of_several_months_is_made_anew_as_all_of_them_tell_it(built_server, inbox, owner):
    """The last file makes December anew, in which a crime stands of which November, which stays, had the last word."""
    november, december = lines_of(inbox, "2019-11")[-1], lines_of(inbox, "2019-12")[-1]
    once = deliver(inbox, owner, "2019-11", "2019-12-05")
    deliver(inbox, owner, "2019-12", "2020-01-05", [november])
    build(inbox, *LEDGER, *EVENTS)
    again = deliver(inbox, owner, "2019-11", "2020-02-05", first=2)
    build(inbox, *LEDGER, *EVENTS)
    deliver(inbox, owner, "2020-01", "2020-03-05", [december])
    build(inbox, *LEDGER, *EVENTS)
    made = {row["month"] for row in owner.execute(f"select month_on::text as month from ops.touched_month where model = '{MODEL}'")}
    assert made == {"2019-12-01", "2020-01-01"}
    read = {row["id"] for row in owner.execute(f"select submission_id as id from ops.read_submission where model = '{MODEL}'")}
    assert {once, again} <= read
    found = events(owner, MODEL)
    build(inbox, *EVENTS, "--full-refresh")
    assert found == events(owner, MODEL)


# By feed, whose keys come in several months: what keeps the months of its keys, its events, what a month's file says of its last
# row, and what a later month's says of it.
KEYS = {
    "police_crime": (
        "int_crime__reference",
        MODEL,
        {},
        {"date_recorded": "2019-12-15", "status": "cancelled", "cancel_reason": "C2"},
    ),
    "police_street_crime": (
        "int_crime__street_identifier",
        "int_crime__street",
        {"Last outcome category": ""},
        {"Month": "2019-12", "Last outcome category": "Local resolution"},
    ),
    "police_encompass": (
        "int_encompass__child_incident",
        "int_encompass__notification",
        {"status": "failed"},
        {"sent_at": "2019-12-15T09:00:00", "status": "sent"},
    ),
}


def rows_of(inbox: Inbox, feed: str, month: str) -> list[dict]:
    return [*csv.DictReader(io.StringIO(inbox.text(feed, month)))]


def take_in(inbox: Inbox, feed: str, month: str, rows: list[dict]) -> dict:
    """Rows as a month's file, which is accepted. Returns the ledger's row."""
    contract = inbox.contract(feed, month)
    supplier = next(iter(contract.suppliers))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    inbox.drop(feed, deliveries.file_name(contract, Period.parse(contract.kind, month), supplier), text.getvalue())
    (row,) = inbox.take_in(feed)
    assert row["status"] == "accepted", row["status_reason"]
    return row


@pytest.mark.parametrize("feed", KEYS)
def test_a_row_of_another_month_is_set_aside_because_a_build_would_not_read_it(inbox, feed):
    *_, later = KEYS[feed]
    rows = rows_of(inbox, feed, "2019-11")
    assert take_in(inbox, feed, "2019-11", [*rows, rows[-1] | later])["rows_quarantined"] == 1


@pytest.mark.parametrize("feed", KEYS)
def test_what_a_withdrawn_file_said_of_another_months_row_is_gone_with_it(built_server, inbox, owner, feed):
    keeper, model, earlier, later = KEYS[feed]
    november, december = (rows_of(inbox, feed, month) for month in ("2019-11", "2019-12"))
    november[-1] |= earlier
    take_in(inbox, feed, "2019-11", november)
    withdrawn = take_in(inbox, feed, "2019-12", [*december, november[-1] | later])["submission_id"]
    build(inbox, *LEDGER, keeper, model)
    before = events(owner, model)
    deciding.withdraw(inbox.settings, withdrawn, by="Jo Bloggs", reason="a test")
    build(inbox, *LEDGER, keeper, model)
    found = events(owner, model)
    build(inbox, keeper, model, "--full-refresh")
    assert found == events(owner, model)
    assert found - before, "the withdrawn file said nothing of November"
    assert lies_in_order(owner, keeper)


def lies_in_order(owner: psycopg.Connection, keeper: str) -> bool:
    """Whether rows of a full build lie in the order of their keys, because PostgreSQL groups those in the order of its hashes for
    minutes."""
    (row,) = owner.execute(
        f"select array_agg(t order by ctid) = array_agg(t order by month_on, t) as found from intermediate.{keeper} as t"
    ).fetchall()
    return row["found"]


def events(owner: psycopg.Connection, model: str) -> set[str]:
    return {row["t"] for row in owner.execute(f"select t::text from intermediate.{model} as t").fetchall()}
