"""Originals past their retention, and those of withdrawn deliveries, are deleted."""

from __future__ import annotations

from vrn.accept import decisions
from vrn.feeds import catalogue
from vrn.ledger import store as ledger
from vrn.settings import Settings
from vrn.warehouse.connection import connect


def forget_originals() -> int:
    """Delete the originals of deliveries older than their feed's retention. Returns how many."""
    settings, forgotten = Settings(), 0
    with connect(settings, autocommit=True) as connection:
        for contract in catalogue.sound(settings.contracts):
            for row in ledger.past_retention(connection, contract.feed, contract.retention_days):
                decisions.forget_original(connection, settings, row)
                forgotten += 1
    return forgotten
