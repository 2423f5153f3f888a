"""How many rows of a staged delivery the rules would set aside, and which rule sets aside most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from vrn.feeds.contract import UNREADABLE, Contract, Entity
from vrn.gate import listing, unreadable
from vrn.ledger.profiles import Profile
from vrn.ledger.store import Submission

# Of fewer rows a share says little: they are held when more than half is set aside, refused when all is.
SMALLEST_SHARED = 20
HALF = 0.5


@dataclass(frozen=True)
class SetAside:
    """Of an entity's rows those that rules set aside; the rule that sets aside most, and what it says."""

    entity: str
    rows: int
    of: int
    rule_code: str
    description: str

    @property
    def share(self) -> float:
        return self.rows / self.of

    @property
    def sentence(self) -> str:
        table = f" of table '{self.entity}'"
        return (
            f"{self.rows:,} of {self.of:,} rows{table} ({self.share:.0%}) would be set aside, most of them by {self.rule_code}: "
            f"{self.description}"
        )


def refusing(aside: Sequence[SetAside], profiles: Mapping[str, Profile], contract: Contract) -> SetAside | None:
    """What most of the delivery's rows are set aside of, where so many are that it is refused; a table alone refuses nothing."""
    rows, of = sum(one.rows for one in aside), sum(one.rows for one in profiles.values())
    if not rows or not (rows == of if of < SMALLEST_SHARED else rows / of > contract.shares.refuse_set_aside):
        return None
    return max(aside, key=lambda one: one.rows)


def holds(one: SetAside, contract: Contract) -> bool:
    """Whether so much of a table is set aside that a person looks at the delivery."""
    return one.share > (HALF if one.of < SMALLEST_SHARED else contract.shares.hold_set_aside)


def counted(
    connection: psycopg.Connection, submission: Submission, contract: Contract, profiles: Mapping[str, Profile]
) -> list[SetAside]:
    """What the rules set aside of each entity of which they set aside something, the largest share first."""
    found = [_of(connection, submission, entity, profiles[entity.name].rows) for entity in contract.entities]
    return sorted((one for one in found if one is not None), key=lambda one: -one.share)


def _of(connection: psycopg.Connection, submission: Submission, entity: Entity, rows: int) -> SetAside | None:
    rules = {rule.code: rule for rule in entity.rules if rule.outcome == "record"}
    row = connection.execute(
        sql.SQL(
            """
            select
                (select count(distinct row_number) from {hits} where rule_code = any(%(codes)s)) as rows,
                (select rule_code from {hits} where rule_code = any(%(codes)s)
                 group by rule_code order by count(*) desc, rule_code <> %(unreadable)s, rule_code limit 1) as rule_code
            """
        ).format(hits=listing.hits(entity, submission.submission_id)),
        # What cannot be read is missing as well, and is the truer reason.
        {"codes": list(rules), "unreadable": UNREADABLE.code},
    ).fetchone()
    if not row["rows"]:
        return None
    description = rules[row["rule_code"]].sentence()
    if row["rule_code"] == UNREADABLE.code:
        description = unreadable.sentence(connection, entity, submission.submission_id)
    return SetAside(entity.name, row["rows"], rows, row["rule_code"], description)
