"""What a partner's page is made of, read with no more rights than it needs."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from vrn.settings import Settings

# Of the release's names where it has them: a partner's figures come with a build, and may be of a period that no release has.
FIGURES = """
    select
        own.indicator_id, coalesce(indicator.short_name, own.indicator_id) as indicator_name, indicator.unit, indicator.feeds,
        own.area_code, period.period_type,
        coalesce(area.area_name, own.area_code) as area_name, own.period_id,
        coalesce(period.period_label, own.period_id) as period_label, own.sex, own.age_band, own.ethnicity, own.imd_quintile,
        own.count, own.denominator, own.value, own.lower_ci_95, own.upper_ci_95, own.trend, own.status, own.is_synthetic
    from publish.partner_indicator_value as own
    left join publish.indicator as indicator using (indicator_id)
    left join publish.area as area using (area_code)
    left join publish.period as period using (period_id)
    order by
        own.indicator_id, area.sort_order, own.area_code, period.sort_key nulls last, own.period_id, own.sex, own.age_band,
        own.ethnicity, own.imd_quintile
"""
DELIVERIES = """
    select
        submission.submission_id, submission.feed, coalesce(feed.feed_name, submission.feed) as feed_name, submission.supplier,
        submission.file_name, submission.period_start, submission.period_end, submission.received_at, submission.status,
        coalesce(submission.status_reason, submission.hold_reason, '') as reason, submission.rows_in_file, submission.rows_accepted,
        submission.rows_quarantined, submission.rows_duplicate, submission.rows_warned, submission.is_synthetic
    from ops.submission as submission
    inner join unnest(%(feeds)s::text[], %(suppliers)s::text[]) as own (feed, supplier)
        on submission.feed = own.feed and submission.supplier = own.supplier
    left join ops.feed as feed on submission.feed = feed.feed
    order by submission.received_at desc, submission.submission_id desc
"""
MESSAGES = """
    select submission_id, entity, rule_code, outcome, row_count, row_numbers, message
    from ops.message
    where submission_id = any(%s)
    order by submission_id, outcome, rule_code, entity
"""


# When the figures were built, by the ledger: a page that is made later says no more than that build knew.
BUILT = """
    select now() at time zone 'Europe/London' as made_at, (
        select max(finished_at) at time zone 'Europe/London' from ops.step where step = 'dbt publish' and is_success
    ) as built_at
"""
RELEASE = "select release_id, as_of from publish.release order by release_number desc limit 1"


@dataclass(frozen=True)
class State:
    """What a page is of: when it was made, when its figures were built (None before the first build), and the release of which
    the names are, with the day that it took for today (None before the first)."""

    made_at: datetime
    built_at: datetime | None
    release_id: str | None
    as_of: date | None


@dataclass(frozen=True)
class Delivery:
    """A delivery of the partner's, and what each rule that had something to say said of it: no value of a row."""

    row: Mapping[str, Any]
    messages: tuple[Mapping[str, Any], ...]


def name(settings: Settings, partner: str) -> str:
    """The partner's name as people say it."""
    return next(row["partner_name"] for row in _seed(settings, "partner") if row["partner"] == partner)


def supplies(settings: Settings, partner: str) -> list[tuple[str, str]]:
    """The feeds that the partner sends, each with the supplier's code under which it does."""
    return [(row["feed"], row["supplier"]) for row in _seed(settings, "partner_feed") if row["partner"] == partner]


def state(own: psycopg.Connection, ledger: psycopg.Connection) -> State:
    """own: the partner's analyst's connection; ledger: one that may read the ledger."""
    built = ledger.execute(BUILT).fetchone()
    is_there = own.execute("select to_regclass('publish.release') is not null as found").fetchone()["found"]
    release = own.execute(RELEASE).fetchone() if is_there else None
    return State(**built, **(release or {"release_id": None, "as_of": None}))


def figures(connection: psycopg.Connection) -> list[Mapping[str, Any]]:
    """The figures of the partner whose analyst the connection is of, before disclosure control; one row a figure."""
    # Before the first build there is no such table.
    is_there = connection.execute("select to_regclass('publish.partner_indicator_value') is not null as found").fetchone()["found"]
    return connection.execute(FIGURES).fetchall() if is_there else []


def deliveries(connection: psycopg.Connection, supplied: Sequence[tuple[str, str]]) -> list[Delivery]:
    """What came of these feeds and suppliers, the latest first. connection: one that may read the ledger."""
    own = {"feeds": [feed for feed, _ in supplied], "suppliers": [supplier for _, supplier in supplied]}
    rows = connection.execute(DELIVERIES, own).fetchall()
    told: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for message in connection.execute(MESSAGES, [[row["submission_id"] for row in rows]]):
        told[message["submission_id"]].append(message)
    return [Delivery(row, tuple(told[row["submission_id"]])) for row in rows]


def _seed(settings: Settings, table: str) -> list[dict[str, str]]:
    path = settings.dbt_project / "seeds" / "access" / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
