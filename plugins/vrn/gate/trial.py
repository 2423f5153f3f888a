"""Every rule of a feed, tried on its empty tables: what could not be judged of a delivery is found when the rule is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import SAYS, UNEXPECTED_ROWS_QUERY
from vrn.feeds.period import Period
from vrn.feeds.rules import Rule
from vrn.gate import expectations, gx, placing
from vrn.ledger.store import Submission
from vrn.stage import raw

SUBMISSION = 1
# A pattern within a query; on an empty table PostgreSQL never looks at one.
PATTERN_IN_QUERY = re.compile(r"!?~\*?\s*'((?:[^']|'')*)'")
# What SQLAlchemy and PostgreSQL put around the sentence.
AROUND = re.compile(r"^\(\S+\)\s*|^\w*(?:Error|Exception):\s*")


@dataclass(frozen=True)
class Mistake:
    """A rule that could not be judged: of which entity, which rule, and why, with what to do."""

    entity: str
    rule_code: str
    why: str


def mistakes(connection: psycopg.Connection, engine: sa.Engine, contract: Contract, sent: Submission) -> list[Mistake]:
    """Try every rule of a contract in a database that holds nothing else.

    sent: one that could come (see `delivery`), for whose period and supplier the contract was loaded. Connection (autocommit,
    rows as dictionaries) and engine are of one database, and of a role that may make schemas and tables in it.
    """
    gx.load()
    for schema in raw.SCHEMAS:
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    raw.ensure_tables(connection, contract)
    try:
        for entity in contract.entities:
            raw.make_partition(connection, entity, SUBMISSION)
        with gx.remembering():
            return [one for entity in contract.entities for one in _of_entity(connection, engine, contract, sent, entity)]
    finally:
        raw.forget(connection, contract.feed, SUBMISSION)


def delivery(feed: str, supplier: str, file_name: str, period: Period) -> Submission:
    """A delivery that nobody sent, for rules that ask for the file's own name, period and supplier."""
    return Submission(SUBMISSION, feed, supplier, file_name, "staged", 1, 1, period, rows_in_file=0, is_synthetic=False)


def _of_entity(
    connection: psycopg.Connection, engine: sa.Engine, contract: Contract, sent: Submission, entity: Entity
) -> Iterator[Mistake]:
    for_gx = []
    for rule in entity.rules:
        why = _wrong_patterns(connection, entity, rule)
        if why is None and UNEXPECTED_ROWS_QUERY in rule.kwargs:
            why = _wrong_query(connection, contract, entity, placing.placed(rule, entity, sent, contract, SUBMISSION))
        elif why is None:
            for_gx.append(rule)
        if why:
            yield Mistake(entity.name, rule.code, why)
    yield from (Mistake(entity.name, rule.code, why) for rule, why in _not_judged(engine, entity, for_gx))


def _wrong_patterns(connection: psycopg.Connection, entity: Entity, rule: Rule) -> str | None:
    """PostgreSQL compiles a pattern when there is a value to compare with it, and not before."""
    patterns = [rule.kwargs.get("regex"), *(rule.kwargs.get("regex_list") or ())]
    patterns += [found.replace("''", "'") for found in PATTERN_IN_QUERY.findall(rule.kwargs.get(UNEXPECTED_ROWS_QUERY, ""))]
    column = next((one for one in entity.columns if one.name == rule.kwargs.get("column")), None)
    for pattern in filter(None, patterns):
        try:
            connection.execute("select '' ~ %s", [str(pattern)])
            for example in column.examples if column and rule.expectation == "expect_column_values_to_match_regex" else ():
                fits = connection.execute("select %s ~ %s as fits", [example, str(pattern)]).fetchone()["fits"]
                if not fits:
                    return f"the regular expression {pattern} does not fit the column's own example; change the one or the other"
        except psycopg.DataError as error:
            said = error.diag.message_primary.removeprefix("invalid regular expression: ")
            return f"{pattern} is no regular expression of PostgreSQL's: {said}; look for a bracket that is missing or too much"
    return None


def _wrong_query(connection: psycopg.Connection, contract: Contract, entity: Entity, rule: Rule) -> str | None:
    says = ", says::text" if SAYS in rule.description else ""
    try:
        connection.execute(f"select row_number::integer{says} from ({rule.kwargs[UNEXPECTED_ROWS_QUERY]}) as found".encode())
    except psycopg.errors.UndefinedColumn as error:
        named = re.search(r"column (?:\w+\.)?(\w+) does not exist", error.diag.message_primary.replace('"', ""))
        if named and any(named[1] in one.judged_only for one in contract.entities):
            return (
                f"{named[1]} is judgedOnly, so the delivery of the period before does not have it any more; keep it, or ask another"
            )
        return f"{_said(error)}; the columns that are stored of {entity.name} are {', '.join(entity.stored)}"
    except psycopg.Error as error:
        return f"the query cannot be asked: {_said(error)}"
    return None


def _said(error: psycopg.Error) -> str:
    # A hint calls a column by the table that was made for the trial.
    hint = re.sub(r"\w+__s\d{6}\.", "", error.diag.message_hint or "").rstrip(".")
    said = error.diag.message_primary or type(error).__name__
    return f"{said} ({hint})" if hint else said


def _not_judged(engine: sa.Engine, entity: Entity, rules: list[Rule]) -> Iterator[tuple[Rule, str]]:
    """The rules that GX cannot judge, and why. All are tried in one, and each alone where that says nothing of each."""
    try:
        asking = gx.validator(engine, raw.RAW, raw.partition_name(entity, SUBMISSION), {})
        results = gx.validate(asking, entity.table, [expectations.of(rule) for rule in rules]).results
        whys = {one.expectation_config.meta["rule_code"]: expectations.raised(one) for one in results}
    except Exception as error:
        # Whatever GX raises over a rule that somebody wrote: it is that rule's mistake and no other's.
        if len(rules) > 1:
            for rule in rules:
                yield from _not_judged(engine, entity, [rule])
            return
        whys = {rule.code: str(error) or type(error).__name__ for rule in rules}
    for rule in rules:
        if why := whys[rule.code]:
            lines = [line.strip() for line in AROUND.sub("", why).splitlines() if line.strip()]
            said = " ".join(lines[:3]).rstrip(".")
            yield rule, f"Great Expectations cannot judge by {rule.expectation}: {said}; compare the kwargs with its documentation"
