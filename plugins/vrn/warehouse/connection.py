"""Connections to the warehouse, by role."""

from __future__ import annotations

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from vrn.settings import Settings


def connect(settings: Settings, role: str = "vrn_loader", *, autocommit: bool = False, **libpq: object) -> psycopg.Connection:
    """Open the warehouse as a role; rows come as dictionaries. libpq: further parameters, such as connect_timeout."""
    return psycopg.connect(settings.conninfo(role), autocommit=autocommit, row_factory=dict_row, **libpq)


def can_be_asked(connection: psycopg.Connection) -> bool:
    """Whether a statement can be sent. It cannot while one is at work, as where a task's time was over within it, nor where the
    transaction failed or the connection is gone."""
    return connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS)
