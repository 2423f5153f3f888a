"""The day on which a home lives: figures are expected, and late, up to it. Nobody else decides on it."""

from __future__ import annotations

from datetime import date

import psycopg

from vrn.settings import Settings


def of_home(settings: Settings, connection: psycopg.Connection) -> date:
    """What VRN_AS_OF says; else today, or the day of the report where every delivery is made up (`ops.as_of`)."""
    return settings.as_of or connection.execute("select ops.as_of() as day").fetchone()["day"]
