"""The way of a delivery as far as the gate: read, protect, COPY into PostgreSQL, in a warehouse that tests share."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests import warehouses
from vrn.errors import SubmissionRefused
from vrn.feeds.contract import Contract, load
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.receive.landing import Original
from vrn.settings import REPOSITORY, Settings
from vrn.stage import raw, staging
from vrn.stage.protect import Protection
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect

# Between them they have every type and every class of privacy.
PERIODS = {
    "police_nominals": "2020-01",
    "police_stop_search": "2020-01",
    "programme_grants": "2020-21-Q1",
    "programme_training": "2020-21-Q1",
    "yot_caseload": "2019-20-Q4",
    "ssda903": "2019-20",
    "cin_census": "2019-20",
}
NOMINALS, SEARCHES, GRANTS, TRAINING, YOT, LAC, CIN = PERIODS
SUBMISSION = 1


@dataclass
class Ground:
    """Takes deliveries to where the gate would judge them, or to their refusal, and forgets them again."""

    connection: psycopg.Connection
    protections: dict[str, Protection]

    def take(self, feed: str, name: str, content: bytes) -> int | SubmissionRefused:
        """The number of rows staged, or the refusal."""
        try:
            return self.stage(feed, name, content)
        except SubmissionRefused as error:
            return error
        finally:
            raw.forget(self.connection, feed, SUBMISSION)

    def stage(self, feed: str, name: str, content: bytes, submission_id: int = SUBMISSION) -> int:
        original = Original(name, lambda: io.BytesIO(content))
        staging.make_room(self.connection, self.protections[feed].contract, submission_id)
        return staging.stage(self.connection, self.protections[feed], original, submission_id).rows

    def rows(self, feed: str, name: str, content: bytes) -> list[dict]:
        """The rows of the delivery's main entity as they are staged."""
        self.stage(feed, name, content)
        try:
            own = raw.partition(self.protections[feed].contract.main, SUBMISSION).as_string()
            return self.connection.execute(f"select * from {own} order by row_number").fetchall()
        finally:
            raw.forget(self.connection, feed, SUBMISSION)


def ground(server: Settings, places: Places, folder: Path) -> Iterator[Ground]:
    """One warehouse for all that is tried on it; each delivery leaves it as it was."""
    warehouses.make_database(server, "staged", "warehouse")
    (folder / "secrets").symlink_to(server.secrets)
    settings = Settings(home=folder, pg_port=server.pg_port, database="staged")
    deliveries.write_postcodes(settings, places)
    protections = {feed: _protection(feed, settings) for feed in PERIODS}
    with connect(settings, autocommit=True) as connection:
        yield Ground(connection, protections)


def _protection(feed: str, settings: Settings) -> Protection:
    contract = contract_of(feed)
    period = Period.parse(contract.kind, PERIODS[feed])
    return Protection.of(contract, period, next(iter(contract.suppliers)), lambda _: b"k" * 32, settings)


def contract_of(feed: str) -> Contract:
    path = REPOSITORY / "expectations" / f"{feed}.odcs.yaml"
    return load(path, Period.parse(load(path, ANY_PERIOD).kind, PERIODS[feed]))
