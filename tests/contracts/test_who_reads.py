"""Collect no more than is used: of each column that a feed keeps somebody says who reads it (issue 14, point 6)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from vrn.feeds import catalogue
from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.settings import REPOSITORY

DBT = REPOSITORY / "dbt_project"
MODELS = DBT / "models"
MACROS = DBT / "macros"
# With which a figure is followed to its file, or its file to its period: every staging model has them from the ledger.
OF_THE_LEDGER = {
    "submission_id", "row_number", "supplier", "period_start_on", "period_end_on", "known_from_on", "known_until_on",
    "is_synthetic",
}  # fmt: skip
CONTRACTS = {one.feed: one for one in catalogue.sound(REPOSITORY / "expectations")}
ROWS = re.compile(r"rows_as_known\('(\w+)', '(\w+)'\)")


@cache
def texts() -> dict[Path, str]:
    """What each model says, with what the macros say to which it gives a table: they read that table's columns."""
    macros = {
        name: body
        for path in MACROS.rglob("*.sql")
        for name, body in re.findall(r"{% macro (\w+)\(.*?%}(.*?){%-? endmacro", path.read_text(), re.DOTALL)
    }
    said = {path: path.read_text() for path in sorted(MODELS.rglob("*.sql"))}
    return {
        path: "\n".join([text, *(macros.get(name, "") for name in re.findall(r"{{ (\w+)\(", text))]) for path, text in said.items()
    }


@cache
def staging() -> dict[str, Path]:
    """The staging model of each raw table."""
    return {"__".join(found.groups()): path for path, text in texts().items() if (found := ROWS.search(text))}


@cache
def readers(table: str) -> str:
    """What all models say that rest on the table's staging model, for one may pass on all that it reads."""
    own = staging()[table]
    found, new = {own}, {own}
    while new:
        named = tuple(f"'{path.stem}'" for path in new)
        new = {path for path, text in texts().items() if path not in found and any(name in text for name in named)}
        found |= new
    return "\n".join(texts()[path] for path in sorted(found - {own}))


def names_of(column: Column, table: str) -> set[str]:
    """What a column is called by its staging model."""
    text = texts()[staging()[table]]
    # Of a code its label may be all that the model passes on: the join names the column, and the label is another line's.
    words = [column.name, *(f"{alias}.label" for alias in re.findall(rf"(\w+)\.column_name = '{column.name}'", text))]
    # What a line calls its result is no column of the file, though it may have the name of one.
    said = {line: re.sub(r"\bas \w+,?\s*$", "", line) for line in text.splitlines()}
    lines = [line for line in said if any(re.search(rf"\b{word}\b", said[line]) for word in words)]
    named = {found[1] for line in lines if (found := re.search(r"\bas (\w+),?\s*$", line))}
    # A line that says no more than the column passes it on; else its name may be what the model calls another.
    passed_on = {column.name for line in lines if re.fullmatch(rf"\s*(source\.)?{column.name},?\s*", line)}
    return named | passed_on | _names_in_rows(column, table)


def _names_in_rows(column: Column, table: str) -> set[str]:
    """What the columns are called that one column of the file becomes a row of: `(2011, source.population_2011)`."""
    text = texts()[staging()[table]]
    if not re.search(rf"\(\w+, source\.{column.name}\)", text):
        return set()
    return set(re.search(r"\) as \w+ \(([\w, ]+)\)", text)[1].split(", "))


def is_read(contract: Contract, entity: Entity, column: Column) -> bool:
    if column.is_judged_only:
        return True
    if entity.linkage and column.name in {entity.linkage.key, entity.linkage.sex, *entity.linkage.ids.values()}:
        return True
    # Of the delivery of the year before, which the next year's rules compare with.
    previous = [
        str(rule.kwargs) for one in contract.entities for rule in one.rules if "${previous." + entity.name in str(rule.kwargs)
    ]
    if re.search(rf"\b{column.name}\b", " ".join(previous)):
        return True
    if entity.table not in staging():
        return False
    return any(re.search(rf"\b{name}\b", readers(entity.table)) for name in names_of(column, entity.table))


def unread(contract: Contract) -> set[str]:
    return {
        f"{entity.name}.{column.name}"
        for entity in contract.entities
        for column in entity.columns
        if column.is_stored and column.classification != "verdict" and not is_read(contract, entity, column)
    }


@pytest.mark.parametrize("feed", CONTRACTS)
def test_of_each_kept_column_somebody_reads_it(feed):
    assert unread(CONTRACTS[feed]) == set()


def passed_on(text: str) -> set[str]:
    """What the last select of a staging model gives to its readers, but for what every one has from the ledger."""
    last = re.split(r"^(?:with )?\w+ as \($", text, flags=re.MULTILINE)[-1]
    lines = [re.sub(r"--.*", "", line).strip() for line in last.splitlines()]
    found = [re.fullmatch(r"(?:.*\bas |\w+\.)?(\w+),?", line) for line in lines]
    joined = set(re.findall(r"join \w+ as (\w+)$", last, flags=re.MULTILINE))
    return {one[1] for one in found if one} - joined - OF_THE_LEDGER - {"select", "distinct", "from", "source"}


@pytest.mark.parametrize("table", staging())
def test_of_each_column_of_a_staging_model_somebody_reads_it(table):
    """Issue 14, point 6: sixteen were made at each build for nobody."""
    read = readers(table)
    assert {name for name in passed_on(staging()[table].read_text()) if not re.search(rf"\b{name}\b", read)} == set()


def test_every_seed_is_read():
    """Issue 14, point 6: places of ICD-10 and concepts of the ECDS were loaded for nobody."""
    sql = "\n".join(
        path.read_text() for folder in ("models", "macros", "tests", "functions") for path in (DBT / folder).rglob("*.sql")
    )
    python = "\n".join(path.read_text() for path in (REPOSITORY / "plugins" / "vrn").rglob("*.py"))
    seeds = {path.stem for path in (DBT / "seeds").rglob("*.csv")}
    assert len(seeds) > 20
    assert {
        seed for seed in seeds if f"'{seed}'" not in sql and not re.search(rf"\b(reference\.{seed}|{seed}\.csv)\b", python)
    } == set()


def test_every_staging_model_is_read():
    assert {path.stem for table, path in staging().items() if not readers(table)} == set()


def test_what_is_only_judged_is_blank_once_the_delivery_serves(inbox):
    (entity,) = [one for one in CONTRACTS["yot_caseload"].entities if one.name == "intervention"]
    inbox.drop("yot_caseload", "2020-21-Q1-lan-yot-caseload.synthetic.zip", inbox_zip(inbox))
    (row,) = inbox.take_in("yot_caseload")
    assert row["status"] == "accepted"
    blank = " and ".join(f"{name} is null" for name in entity.judged_only)
    for schema in ("raw", "quarantine"):
        found = inbox.connection.execute(f"select count(*) as n from {schema}.{entity.table} where not ({blank})").fetchone()
        assert found["n"] == 0
    assert inbox.connection.execute(f"select count(*) as n from raw.{entity.table}").fetchone()["n"] > 0


def inbox_zip(inbox) -> bytes:
    from vrn.feeds.period import Period
    from vrn.synthetic import deliveries

    contract = inbox.contract("yot_caseload", "2020-21-Q1")
    return deliveries.content(contract, Period.parse(contract.kind, "2020-21-Q1"), inbox.places)
