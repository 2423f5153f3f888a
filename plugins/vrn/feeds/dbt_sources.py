"""The dbt sources of all feeds, written from the feed files: one description of a table, no second one to drift.

dbt reads its project from a folder, so the file is put there; git leaves it out.
"""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from vrn.feeds import contract as contracts
from vrn.feeds.contract import Entity
from vrn.feeds.period import ANY_PERIOD
from vrn.settings import Settings

NAME = "feeds.yml"


def path(settings: Settings) -> Path:
    return settings.dbt_project / "models" / "staging" / NAME


def write(settings: Settings) -> None:
    """Write the file when it is older than what it is made of; aside and renamed, for another dbt may be reading."""
    target = path(settings)
    # The folder too: a feed file that is taken away changes nothing else.
    made_of = [settings.contracts, *settings.contracts.glob("*.odcs.yaml"), *Path(__file__).parent.glob("*.py")]
    if target.exists() and target.stat().st_mtime > max(one.stat().st_mtime for one in made_of):
        return
    text = content(settings)
    aside = target.with_suffix(f".{os.getpid()}.new")
    aside.write_text(text, encoding="utf-8")
    aside.rename(target)


def content(settings: Settings) -> str:
    files = sorted(settings.contracts.glob("*.odcs.yaml"))
    entities = [entity for one in files for entity in contracts.load(one, ANY_PERIOD).entities]
    source = {
        "name": "raw",
        "description": "Rows of accepted submissions, one partition a submission, as protected on arrival.",
        "schema": "raw",
        "tables": [_table(entity) for entity in entities],
    }
    return yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True)


def _table(entity: Entity) -> dict:
    said = {column.name: column.description for column in entity.columns}
    return {
        "name": entity.table,
        "description": f"{entity.grain} (expectations/{entity.feed}.odcs.yaml)",
        "columns": [
            {"name": name, "description": said.get(name, "Whether the identifier passed its check.")} for name in entity.stored
        ],
    }
