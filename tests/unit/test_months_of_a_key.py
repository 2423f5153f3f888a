"""A crime may come in files of several months: a build finds its other months, and reads their deliveries and no others."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from tests.inbox import Inbox
from vrn.build import dbt
from vrn.feeds.period import Period
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


def rows(owner: psycopg.Connection) -> set[str]:
    return {row["t"] for row in owner.execute(f"select t::text from intermediate.{MODEL} as t").fetchall()}


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
    found = rows(owner)
    build(inbox, *EVENTS, "--full-refresh")
    assert found == rows(owner)
