"""What `make check` says: every mistake of the feed files, of their rules as PostgreSQL takes them, and of the home's registers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from vrn.errors import ContractError, HomeError
from vrn.feeds import catalogue, yaml_file
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.grammar import custom
from vrn.feeds.period import ANY_PERIOD, Period
from vrn.gate import trial
from vrn.ledger import agreement
from vrn.projects import register
from vrn.run.local import postgres, throwaway
from vrn.settings import Settings


def everything(settings: Settings) -> Iterator[tuple[bool, str]]:
    """What is right and what is wrong, in sentences: (is_mistake, sentence), the feeds first."""
    loaded = catalogue.every(settings.contracts)
    sound = {}
    for feed, one in loaded.items():
        if isinstance(one, ContractError):
            yield True, str(one)
            continue
        sound[feed] = one
        columns, rules = (sum(len(getattr(entity, part)) for entity in one.entities) for part in ("columns", "rules"))
        yield False, f"{feed}.odcs.yaml: {len(one.entities)} entities, {columns} columns, {rules} rules"
    yield from ((True, told) for told in catalogue.repeated_codes(sound.values()))
    yield from _of_rules(settings.contracts, sound)
    entries, mistakes = agreement.read(settings)
    yield from ((True, one.told) for one in mistakes)
    yield from ((True, told) for told in agreement.lacking(entries, sound))
    yield from ((True, one.told) for one in register.read(settings)[1])


def _of_rules(folder: Path, feeds: dict[str, Contract]) -> Iterator[tuple[bool, str]]:
    if not feeds:
        return
    try:
        with throwaway.server() as server, _opened(server) as (connection, engine):
            for feed, contract in feeds.items():
                if told := _told(folder / f"{feed}.odcs.yaml", contract, connection, engine):
                    yield True, told
    except (HomeError, OSError, psycopg.OperationalError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        yield (
            True,
            f"The rules were not tried, because no PostgreSQL could be started to try them: {why}. `make install` brings one.",
        )


@contextmanager
def _opened(server: Settings) -> Iterator[tuple[psycopg.Connection, sa.Engine]]:
    engine = sa.create_engine(server.url(postgres.SUPERUSER))
    try:
        with psycopg.connect(server.conninfo(postgres.SUPERUSER), autocommit=True, row_factory=dict_row) as connection:
            yield connection, engine
    finally:
        engine.dispose()


def _told(path: Path, contract: Contract, connection: psycopg.Connection, engine: sa.Engine) -> str | None:
    """What of the rules of a feed cannot be judged, each with its line; None where all can."""
    written = yaml_file.text(path)
    found = sorted((yaml_file.line(written, where), where, why) for where, why in _untried(path, contract, connection, engine))
    lines = [f"line {line}, {where}: {why}" for line, where, why in found]
    return "\n  ".join([f"{path.name} has rules that could not be judged:", *lines]) if lines else None


def _untried(path: Path, contract: Contract, connection: psycopg.Connection, engine: sa.Engine) -> Iterator[tuple[str, str]]:
    """Where each mistake of a rule stands, and what it is; of each time that the feed file knows, but each rule once."""
    document = yaml_file.parse(yaml_file.text(path), path.name)
    supplier, tried = contract.file_name.match(contract.file_name_example)["supplier"], set()
    for period in _times(document, contract):
        dated = contracts.load(path, period, supplier)
        sent = trial.delivery(contract.feed, supplier, contract.file_name_example, period)
        for one in trial.mistakes(connection, engine, dated, sent):
            if (one.entity, one.rule_code) not in tried:
                tried.add((one.entity, one.rule_code))
                yield _place(document, one), one.why


def _times(document: dict, contract: Contract) -> list[Period]:
    """A period for each form that the feed file has: as it stands, and from where each of its changes holds."""
    months = {str(change["from"]) for change in custom(document).get("changes", [])}
    starts = {ANY_PERIOD.start, *(Period.month(month).start for month in months)}
    return [Period.starting(contract.kind, start) for start in sorted(starts)]


def _place(document: dict, mistake: trial.Mistake) -> str:
    """The key of a rule: that of its column, or of its entity."""
    entity = next(one for one in document["schema"] if one["name"] == mistake.entity)
    for column in entity["properties"]:
        if any(rule["name"] == mistake.rule_code for rule in column.get("quality", [])):
            return f"schema.{mistake.entity}.{column['name']}.quality.{mistake.rule_code}"
    return f"schema.{mistake.entity}.quality.{mistake.rule_code}"
