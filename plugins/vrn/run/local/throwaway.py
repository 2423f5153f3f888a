"""A PostgreSQL for a minute: of nobody's home, at a free port, gone with all that was in it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from vrn.access import secrets
from vrn.run.local import postgres
from vrn.settings import Settings


class _Aside(Settings):
    """A home whose secrets are its own, whatever the environment says of another's."""

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"


@contextmanager
def server() -> Iterator[Settings]:
    """A server that runs while it lasts, whose superuser can sign in to database `postgres`. Raises HomeError where none starts."""
    with tempfile.TemporaryDirectory(prefix="vrn-check-") as folder:
        # For root PostgreSQL runs as another user, who has to find its files there.
        Path(folder).chmod(0o711)
        port = _free_port()
        settings = _Aside(home=Path(folder), pg_host="127.0.0.1", pg_port=port, database=postgres.SUPERUSER, airflow_port=port)
        settings.logs.mkdir()
        secrets.password(settings, postgres.SUPERUSER)
        postgres.start(settings, outlives_crash=False)
        try:
            # Nothing in it is to outlive a crash, and to wait for the disk is most of its time.
            with psycopg.connect(settings.conninfo(postgres.SUPERUSER), autocommit=True) as connection:
                connection.execute("alter system set fsync = off")
                connection.execute("select pg_reload_conf()")
            yield settings
        finally:
            postgres.stop(settings)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
