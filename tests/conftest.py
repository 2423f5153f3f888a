"""What the tests share: a PostgreSQL of their own, a fresh warehouse for each test, and the real files where present."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from vrn import build, dbt, secrets, warehouse
from vrn import submission as ledger
from vrn.contract import Contract, load
from vrn.database import connect
from vrn.local import postgres
from vrn.period import ANY_PERIOD, Period
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places
from vrn.transport import folder

REAL_FILES = Path(os.environ.get("VRN_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
FEEDS = ("police_street_crime", "police_stop_search")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """A file that a test writes is whole: it need not rest."""
    monkeypatch.setattr(folder, "SECONDS_AT_REST", -1)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Settings]:
    """A PostgreSQL 18 of the tests' own, with a prepared and empty warehouse in it that no test writes to."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, pg_port=free_port(), airflow_port=free_port())
    settings.logs.mkdir()
    secrets.ensure(settings)
    postgres.start(settings)
    try:
        with psycopg.connect(settings.conninfo("postgres", "postgres"), autocommit=True) as connection:
            # Nothing of it is to outlive a crash, and to drop a test's warehouse waits for the disk otherwise.
            connection.execute("alter system set fsync = off")
            connection.execute("select pg_reload_conf()")
        warehouse.prepare(settings)
        yield settings
    finally:
        postgres.stop(settings)


@pytest.fixture(scope="session")
def built_server(server: Settings, tmp_path_factory) -> Settings:
    """The server with a second warehouse, in which every layer was built before the first delivery."""
    ours = tmp_path_factory.getbasetemp()
    # A build takes minutes, so one of pytest-xdist's workers makes it, and the others restore what it kept.
    everybodys = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours
    kept = everybodys / "built.dump"
    with (everybodys / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            _postgres(server, "createdb", "--template=template0", "--owner=vrn_owner", "built")
            _postgres(server, "pg_restore", "--dbname=built", str(kept))
        else:
            _postgres(server, "createdb", "--template=warehouse", "--owner=vrn_owner", "built")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("VRN_HOME", str(server.home))
                patch.setenv("VRN_PG_PORT", str(server.pg_port))
                patch.setenv("VRN_PG_DATABASE", "built")
                build.everything()
            _postgres(server, "pg_dump", "--format=custom", f"--file={kept}", "--dbname=built")
    return server


def _postgres(server: Settings, program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, as the superuser."""
    environment = {**os.environ, "PGPASSFILE": str(server.passfile("postgres"))}
    subprocess.run(
        [postgres.binaries() / program, "-h", server.pg_host, "-p", str(server.pg_port), "-U", "postgres", *arguments],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def home(server: Settings, tmp_path: Path, monkeypatch, request) -> Iterator[Settings]:
    """A home with a warehouse of its own, copied from the prepared one, and the environment that points to it."""
    # A test that says so begins with every layer built.
    template = "built" if "built_server" in request.fixturenames else "warehouse"
    yield from copy_of(server, tmp_path, monkeypatch, template, "of_a_test")


def copy_of(
    server: Settings, folder_: Path, monkeypatch, template: str = "warehouse", name: str = "of_a_module"
) -> Iterator[Settings]:
    """A home whose warehouse is a copy of `template`, dropped when it is done with.

    Those of modules have one name, and those of tests another, for dbt reads the whole project anew for a warehouse of another
    name. That takes it 20 s; what it read is kept here from one to the next.
    """
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {} owner vrn_owner").format(sql.Identifier(name), sql.Identifier(template))
        )
    for variable, value in {
        "VRN_HOME": folder_,
        "VRN_SECRETS": server.secrets,
        "VRN_PG_PORT": server.pg_port,
        "VRN_PG_DATABASE": name,
        "VRN_INBOX": folder_ / "inbox",
        # Nobody listens there: a run's note is a courtesy, and these tests run without Airflow.
        "VRN_AIRFLOW_PORT": server.airflow_port,
    }.items():
        monkeypatch.setenv(variable, str(value))
    settings = Settings()
    settings.logs.mkdir(exist_ok=True)
    parsed, kept = settings.dbt_target / "partial_parse.msgpack", server.home / f"parsed_{name}"
    if kept.exists():
        parsed.parent.mkdir()
        shutil.copy(kept, parsed)
    yield settings
    if parsed.exists():
        shutil.copy(parsed, kept)
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def loader(home: Settings) -> Iterator[psycopg.Connection]:
    with connect(home, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(home: Settings) -> Iterator[psycopg.Connection]:
    with connect(home, warehouse.OWNER, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def stats_db(server: Settings) -> Iterator[psycopg.Connection]:
    """A warehouse in which the statistics are built; rows come as tuples."""
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("create database stats_db template warehouse owner vrn_owner")
    settings = Settings(home=server.home, pg_port=server.pg_port, database="stats_db")
    assert dbt.invoke(settings, ["build", "--quiet", "--select", "path:functions/stats"]).success
    with psycopg.connect(settings.conninfo(warehouse.OWNER), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def places() -> Places:
    return Places(REPOSITORY / "dbt_project" / "seeds")


@dataclass
class Inbox:
    """Drops deliveries into a home's inbox and takes them through the steps, as the DAG's tasks would."""

    settings: Settings
    connection: psycopg.Connection
    places: Places

    def contract(self, feed: str, month: str | None = None) -> Contract:
        path = self.settings.contracts / f"{feed}.odcs.yaml"
        kind = load(path, ANY_PERIOD).kind
        return load(path, Period.parse(kind, month) if month else ANY_PERIOD)

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

    def take_in(self, feed: str) -> list[dict]:
        """Run every step on all that waits; returns the ledger's rows of the run."""
        from vrn import pipeline

        batches = pipeline.register(feed)
        for step in ("stage", "gate", "accept"):
            for batch in batches:
                pipeline.each(step, batch)
        pipeline.conclude(batches, f"ingest__{feed}", "a test")
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


@pytest.fixture
def inbox(home: Settings, loader: psycopg.Connection, places: Places) -> Inbox:
    return Inbox(home, loader, places)


def real(*parts: str) -> Path:
    """A real file, or a skip that says so."""
    path = REAL_FILES.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the real file {'/'.join(parts)} is not here")
    return path
