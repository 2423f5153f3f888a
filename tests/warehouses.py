"""Warehouses that cost minutes to make, made by one of pytest-xdist's workers and restored by the others; and copies of them."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.waiting import until
from vrn.access import secrets as files
from vrn.publish import readers
from vrn.run import prepare, secrets
from vrn.run.local import postgres
from vrn.settings import Settings

UNSAFE = ("fsync", "synchronous_commit", "full_page_writes")


def shared_folder(tmp_path_factory) -> Path:
    """A folder that all workers of this run of pytest share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def same_keys(server: Settings, shared: Path) -> None:
    """The keys of all workers' homes, before the first start: what one worker made is restored by the others, and a home that finds
    another key than the one on which its data rest does not start."""
    kept = Settings(home=shared / "keys")
    kept.secrets.mkdir(parents=True, exist_ok=True)
    with (shared / "keys.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, make in secrets.keys(server).items():
            files.once(kept, name, make())
            files.once(server, name, kept.secret(name))


def wait_for_no_disk(superuser: psycopg.Connection) -> None:
    """Nothing of a test's server is to outlive a crash: to wait for the disk at each commit costs a third of some tests."""
    for name in UNSAFE:
        superuser.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
    superuser.execute("select pg_reload_conf()")


def made_once(server: Settings, shared: Path, name: str, template: str, make: Callable[[], None]) -> None:
    """The database `name` on this worker's server: a copy of `template` to which `make` does its work, in one worker only."""
    kept = shared / f"{name}.dump"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            make_database(server, name, "template0")
            _run(server, "pg_restore", f"--dbname={name}", str(kept))
            forget_accounts(server, name)
        else:
            make_database(server, name, template)
            make()
            aside = kept.with_suffix(".new")
            _run(server, "pg_dump", "--format=custom", "--compress=1", f"--file={aside}", f"--dbname={name}")
            aside.rename(kept)


def make_database(server: Settings, name: str, template: str) -> None:
    """A database of the owner's, copied from `template`."""
    with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
        used = "select 1 from pg_stat_activity where datname = %s and backend_type = 'client backend'"
        # A connection that was closed is one until its process has ended, and of a database that is used PostgreSQL makes no copy.
        until(lambda: not connection.execute(used, [template]).fetchone(), f"nobody is connected to {template}")
        # Files as they are: through the log, as PostgreSQL copies of itself, it takes three times as long.
        command = sql.SQL("create database {} template {} strategy file_copy owner vrn_owner")
        connection.execute(command.format(sql.Identifier(name), sql.Identifier(template)))


def forget_accounts(server: Settings, name: str) -> None:
    """Roles are the whole server's: what a copy of a database keeps of them is of another start, or of another worker's server."""
    with psycopg.connect(server.conninfo("postgres", name)) as connection:
        connection.execute("truncate accounts.kept")


def _run(server: Settings, program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, as the superuser."""
    environment = {**os.environ, "PGPASSFILE": str(server.passfile("postgres"))}
    subprocess.run(
        [postgres.binaries() / program, "-h", server.pg_host, "-p", str(server.pg_port), "-U", "postgres", *arguments],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def point_to(server: Settings, folder: Path, database: str, monkeypatch) -> Settings:
    """The environment of a home in `folder` whose warehouse is a database of the tests' server."""
    for variable, value in {
        "VRN_HOME": folder,
        "VRN_SECRETS": server.secrets,
        "VRN_PG_PORT": server.pg_port,
        "VRN_PG_DATABASE": database,
        "VRN_INBOX": folder / "inbox",
        # Nobody listens there: a run's note is a courtesy, and these tests run without Airflow.
        "VRN_AIRFLOW_PORT": server.airflow_port,
    }.items():
        monkeypatch.setenv(variable, str(value))
    settings = Settings()
    settings.logs.mkdir(parents=True, exist_ok=True)
    return settings


def open_to_readers(settings: Settings) -> None:
    """The database of readers of a warehouse, with what its publish holds now."""
    prepare.prepare(settings)
    readers.fill(settings)


@contextmanager
def copy_of(
    server: Settings, folder: Path, monkeypatch, template: str = "warehouse", name: str = "of_a_module"
) -> Iterator[Settings]:
    """A home whose warehouse is a copy of `template`, dropped at the end, also where what fills the copy fails or skips.

    Those of modules have one name, and those of tests another, because dbt reads the project anew for a warehouse of another name.
    """
    make_database(server, name, template)
    try:
        forget_accounts(server, name)
        settings = point_to(server, folder, name, monkeypatch)
        yield settings
    finally:
        with psycopg.connect(server.conninfo("postgres", "postgres"), autocommit=True) as connection:
            # That of readers is there where a test asked for it.
            for database in (name, Settings(database=name).readers_database):
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
