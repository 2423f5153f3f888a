"""The purpose checked: which suppliers' rows a project may see on a day, under which agreement, and why not the others'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from vrn.feeds.contract import Contract
from vrn.ledger import agreement
from vrn.projects.register import Project

# A feed's contract, by the feed's name.
Contracts = Callable[[str], Contract]


@dataclass(frozen=True)
class Source:
    """A supplier of a feed, as a project may see it.

    until: the last day on which its rows may be seen; None if they may not. reason: the words for ops.project_build.
    """

    feed: str
    supplier: str
    until: date | None
    reason: str
    agreement_id: str | None = None

    @property
    def is_included(self) -> bool:
        return self.until is not None


def sources(
    connection: psycopg.Connection, contract_of: Contracts, project: Project, feeds: Sequence[str], day: date
) -> dict[str, list[Source]]:
    """Every supplier of these feeds that delivered or has an agreement, judged on a day, by feed."""
    delivered = connection.execute(
        """
        select feed, supplier, bool_and(is_synthetic) as is_synthetic from ops.submission
        where feed = any(%(feeds)s) and status = 'accepted'
        group by feed, supplier
        union all
        select distinct feed, supplier, false from ops.agreement as agreement
        where feed = any(%(feeds)s) and not exists (
            select from ops.submission as submission
            where (submission.feed, submission.supplier, submission.status) = (agreement.feed, agreement.supplier, 'accepted')
        )
        order by feed, supplier
        """,
        {"feeds": list(feeds)},
    ).fetchall()
    found: dict[str, list[Source]] = {feed: [] for feed in feeds}
    for row in delivered:
        found[row["feed"]].append(_judged(connection, contract_of, project, day, **row))
    return found


def would_have_to_cite(contract_of: Contracts, feeds: Sequence[str]) -> str:
    """Which agreements a project without any would need: each feed with its suppliers."""
    needed = [contract for contract in (contract_of(feed) for feed in feeds) if contract.needs_agreement]
    return "; ".join(f"{contract.feed} with {', '.join(contract.suppliers)}" for contract in needed)


def _judged(
    connection: psycopg.Connection,
    contract_of: Contracts,
    project: Project,
    day: date,
    feed: str,
    supplier: str,
    is_synthetic: bool,
) -> Source:
    if is_synthetic:
        return Source(feed, supplier, project.valid_to, agreement.SYNTHETIC)
    if not contract_of(feed).needs_agreement:
        return Source(feed, supplier, project.valid_to, agreement.OPEN)
    rows = connection.execute(
        "select * from ops.agreement where feed = %s and supplier = %s order by valid_to desc, agreement_id", [feed, supplier]
    ).fetchall()
    citing = [row for row in rows if row["purpose"] == project.purpose]
    current = [row for row in citing if row["status"] == "active" and row["valid_from"] <= day <= row["valid_to"]]
    if current:
        chosen = current[0]
        until = min(project.valid_to, chosen["valid_to"])
        return Source(feed, supplier, until, "the agreement cites the purpose", chosen["agreement_id"])
    if citing:
        last = citing[0]
        state = "is withdrawn" if last["status"] != "active" else f"is valid from {last['valid_from']} to {last['valid_to']}"
        return Source(feed, supplier, None, f"the agreement that cites {project.purpose} {state}", last["agreement_id"])
    if rows:
        return Source(feed, supplier, None, f"no agreement cites {project.purpose}")
    return Source(feed, supplier, None, "no agreement is registered")
