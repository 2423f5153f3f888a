"""The warehouse running and nothing that works in it, as long as something is changed on which all of it rests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vrn.errors import HomeError
from vrn.run.local import airflow, postgres
from vrn.settings import Settings


@contextmanager
def warehouse_alone(settings: Settings) -> Iterator[None]:
    """PostgreSQL runs within, and afterwards as before. Raises HomeError when Airflow runs.

    In a deployment the services are started and stopped from outside; docs/access.md says how.
    """
    if settings.is_deployed:
        yield
        return
    running = [name for name in airflow.PROCESSES if airflow.is_running(settings, name)]
    if running:
        raise HomeError(f"Airflow is running ({', '.join(running)}), and would go on with what is changed. Run `make down` first.")
    if not postgres.is_made(settings):
        raise HomeError(f"There is no warehouse in {settings.home} yet. `make up` makes one.")
    was_running = postgres.is_running(settings)
    postgres.start(settings)
    try:
        yield
    finally:
        if not was_running:
            postgres.stop(settings)
