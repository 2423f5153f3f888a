"""How many rows of a staged delivery the rules would set aside, and which rules do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from vrn.feeds.contract import UNREADABLE, Contract, Entity
from vrn.gate import listing, unreadable
from vrn.ledger.profiles import Profile
from vrn.ledger.store import Submission

# How many rules a sentence names where none of them set aside most.
MOST_NAMED = 3
# Of fewer rows a share says little: they are held when more than half is set aside, refused when all is.
SMALLEST_SHARED = 20
HALF = 0.5


@dataclass(frozen=True)
class SetAside:
    """Of an entity's rows those that rules set aside.

    rule_codes: those rules, the one of most rows first. rows_of_first: how many rows that one alone sets aside, and description
    what it says.
    """

    entity: str
    rows: int
    of: int
    rule_codes: tuple[str, ...]
    rows_of_first: int
    description: str

    @property
    def share(self) -> float:
        return self.rows / self.of

    @property
    def sentence(self) -> str:
        table = f" of table '{self.entity}'"
        return f"{self.rows:,} of {self.of:,} rows{table} ({self.share:.0%}) would be set aside, {self._by}"

    @property
    def _by(self) -> str:
        if self.rows_of_first > self.rows * HALF:
            return f"most of them by {self.rule_codes[0]}: {self.description}"
        more = f" and {len(self.rule_codes) - MOST_NAMED} more rules" if len(self.rule_codes) > MOST_NAMED else ""
        return f"by {', '.join(self.rule_codes[:MOST_NAMED])}{more}."


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
                array_agg(rule_code order by rows desc, rule_code <> %(unreadable)s, rule_code) as rule_codes,
                max(rows) as rows_of_first
            from (
                select rule_code, count(distinct row_number) as rows from {hits} where rule_code = any(%(codes)s) group by rule_code
            ) as of_rule
            """
        ).format(hits=listing.hits(entity, submission.submission_id)),
        # What cannot be read is missing as well, and is the truer reason.
        {"codes": list(rules), "unreadable": UNREADABLE.code},
    ).fetchone()
    if not row["rows"]:
        return None
    first = row["rule_codes"][0]
    description = rules[first].sentence()
    if first == UNREADABLE.code:
        description = unreadable.sentence(connection, entity, submission.submission_id)
    return SetAside(entity.name, row["rows"], rows, tuple(row["rule_codes"]), row["rows_of_first"], description)
