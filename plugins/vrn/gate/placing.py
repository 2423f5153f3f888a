"""What of a delivery a rule's query speaks of: its tables, those that serve for the period before, the day of its extract."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import EXTRACT, UNEXPECTED_ROWS_QUERY
from vrn.feeds.rules import Rule
from vrn.ledger.store import Submission
from vrn.receive import names
from vrn.stage import raw


def before(engine: sa.Engine, submission: Submission) -> int | None:
    """The supplier's submission that serves for the period before, None where there is none to compare with.

    One whose identifiers were hashed with another key is none: no child of it would be found again.
    """
    period = submission.period.before
    asked = sa.text(
        "select earlier.submission_id from ops.submission own "
        "join ops.submission earlier using (feed, supplier, hash_key_version) "
        "where own.submission_id = :own and earlier.status = 'accepted' "
        "and earlier.period_start = :first and earlier.period_end = :last"
    )
    with engine.connect() as connection:
        found = {"own": submission.submission_id, "first": period.start, "last": period.end}
        return connection.execute(asked, found).scalar()


def placed(rule: Rule, entity: Entity, submission: Submission, contract: Contract, earlier: int | None) -> Rule:
    """The rule with the delivery in its query. earlier: as `before` gives it; a rule that looks back needs one."""
    query = rule.kwargs.get(UNEXPECTED_ROWS_QUERY)
    if query is None:
        return rule
    for other in contract.entities:
        query = query.replace("${entity." + other.name + "}", _table_of(other, submission))
        # By way of the feed's table, because the earlier delivery has no table of an entity that is new since.
        query = query.replace("${previous." + other.name + "}", f"({_kept(other)} where submission_id = {earlier})")
    query = query.replace(EXTRACT, _extract(submission, contract))
    # GX would put a subquery with an alias of its own here, and warns of a query that does not name the batch at all.
    query = query.replace("{batch}", _table_of(entity, submission)) + " /* {batch} */"
    return replace(rule, kwargs={**rule.kwargs, UNEXPECTED_ROWS_QUERY: query})


def _extract(submission: Submission, contract: Contract) -> str:
    """The day in the file's name on which the supplier cut the data, as SQL; null where the feed's names have none."""
    day = names.read(contract, submission.file_name).extract_on
    return f"date '{day}'" if day else "null::date"


def _kept(entity: Entity) -> str:
    """The rows of an entity with what is left once a delivery serves: a rule that asks for what was only judged would find it
    blank, and so it does not find the column."""
    names = ["submission_id", "row_number", *(name for name in entity.stored if name not in entity.judged_only)]
    return f'select {", ".join(map(_quoted, names))} from {raw.RAW}."{entity.table}"'


def _quoted(name: str) -> str:
    return f'"{name}"'


def _table_of(entity: Entity, submission: Submission) -> str:
    return f'{raw.RAW}."{raw.partition_name(entity, submission.submission_id)}"'
