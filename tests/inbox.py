"""Deliveries taken through the steps of an ingest in this process, as the DAG's tasks would."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, load
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.ledger import store as ledger
from vrn.run import ingest
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places


@dataclass
class Inbox:
    """Drops deliveries into a home's inbox and takes them in."""

    settings: Settings
    connection: psycopg.Connection
    places: Places

    def contract(self, feed: str, month: str | None = None) -> Contract:
        """A feed's contract, for a period that of its first supplier."""
        path = self.settings.contracts / f"{feed}.odcs.yaml"
        any_time = load(path, ANY_PERIOD)
        if month is None:
            return any_time
        return load(path, Period.parse(any_time.kind, month), next(iter(any_time.suppliers)))

    def text(self, feed: str, month: str) -> str:
        """A synthetic delivery that passes every rule that refuses or sets aside."""
        contract = self.contract(feed, month)
        return deliveries.content(contract, Period.parse(contract.kind, month), self.places).decode()

    def drop(self, feed: str, name: str, content: str | bytes) -> Path:
        path = self.settings.inbox / feed / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def copy(self, feed: str, source: Path, name: str | None = None) -> Path:
        path = self.settings.inbox / feed / (name or source.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        return path

    def register(self, feed: str) -> list[int]:
        """Take in what waits; returns the submissions that are under way, in the order in which they came."""
        return sorted(chain(*ingest.take_in(feed)))

    def take_in(self, feed: str) -> list[dict]:
        """Run every step on all that waits; returns the ledger's rows of the run."""
        batches = ingest.take_in(feed)
        for step in ("stage", "gate", "accept"):
            for batch in batches:
                ingest.each(step, batch)
        ingest.conclude(batches, f"ingest__{feed}", "a test")
        return ledger.describe(self.connection, sorted(one for batch in batches for one in batch))

    def tables(self) -> dict[str, list]:
        """All that a delivery leaves behind, without the marks of time: to compare one way of getting there with another."""
        found = {}
        names = self.connection.execute(
            "select relname, relnamespace::regnamespace::text as schema from pg_class "
            "where relnamespace in ('raw'::regnamespace, 'quarantine'::regnamespace) and relkind in ('r', 'p') order by 1, 2"
        ).fetchall()
        for row in names:
            table = sql.Identifier(row["schema"], row["relname"])
            content = self.connection.execute(sql.SQL("select t::text from {} as t order by 1").format(table)).fetchall()
            found[f"{row['schema']}.{row['relname']}"] = [one["t"] for one in content]
        found["ledger"] = self.connection.execute(
            "select submission_id, feed, file_name, status, superseded_by, rows_in_file, rows_accepted, rows_quarantined, "
            "rows_duplicate, rows_warned from ops.submission order by 1"
        ).fetchall()
        found["messages"] = self.connection.execute("select * from ops.message order by 1, 2").fetchall()
        return found
