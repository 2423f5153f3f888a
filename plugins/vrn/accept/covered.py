"""Whether an agreement covers a delivery today that was let in before: without one it neither comes to serve nor begins anew."""

from __future__ import annotations

import psycopg

from vrn.feeds import days
from vrn.feeds.contract import Contract
from vrn.ledger import agreement, states


def by(connection: psycopg.Connection, contract: Contract, supplier: str, number: int, *, is_synthetic: bool) -> str:
    """The agreement that covers a supplier's delivery of this number today. Raises NotAllowed when there is none, and HomeError
    while an entry that might be the one cannot be read.
    """
    try:
        return agreement.covering(connection, contract, supplier, days.today(), is_synthetic=is_synthetic)
    except agreement.NotCovered as error:
        raise states.NotAllowed(
            f"{error.rule_code}: {error.why} So submission {number} is neither accepted nor replayed until an agreement covers it. "
            f"If none will, run `make refuse SUBMISSION={number}`, or `make withdraw SUBMISSION={number}` if it was accepted."
        ) from None
