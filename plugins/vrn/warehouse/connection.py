"""Connections to the warehouse, by role."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from vrn.settings import Settings


def connect(settings: Settings, role: str = "vrn_loader", *, autocommit: bool = False, **libpq: object) -> psycopg.Connection:
    """Open the warehouse as a role; rows come as dictionaries. libpq: further parameters, such as connect_timeout."""
    return psycopg.connect(settings.conninfo(role), autocommit=autocommit, row_factory=dict_row, **libpq)
