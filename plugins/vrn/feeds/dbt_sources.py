"""The dbt sources of all feeds, written from the feed files: one description of a table, no second one to drift.

dbt reads its project from folders. This one lies in the home beside what dbt makes, so that the checkout is only read.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import yaml

from vrn import whole_file
from vrn.feeds import catalogue, code_files
from vrn.feeds.contract import Contract, Entity
from vrn.settings import Settings

# As models name a table of a feed: source('raw', 'FEED__ENTITY') or rows_as_known('FEED', 'ENTITY').
ENTITY_OF = r"'{feed}(?:__|', *')(\w+)'"


def path(settings: Settings) -> Path:
    """Where the sources are: the second of the model-paths of dbt_project.yml."""
    return settings.dbt_target / "sources" / "feeds.yml"


def write(settings: Settings) -> None:
    """Write the file unless it was made of the same; whole, because another dbt may be reading."""
    target = path(settings)
    first_line = f"# Made of {_made_of(settings)}\n"
    if target.exists():
        with target.open(encoding="utf-8") as there:
            if there.readline() == first_line:
                return
    target.parent.mkdir(parents=True, exist_ok=True)
    whole_file.write(target, first_line + content(settings))


def _made_of(settings: Settings) -> str:
    """SHA-256 of the feed files and of the code that reads them. Their days do not tell: a home outlives checkouts and images."""
    found = hashlib.sha256()
    for one in sorted([*code_files.of(settings.contracts, "*.odcs.yaml"), *code_files.of(Path(__file__).parent, "*.py")]):
        found.update(one.name.encode() + b"\0" + one.read_bytes())
    return found.hexdigest()


def content(settings: Settings) -> str:
    tables = []
    for feed, one in catalogue.every(settings.contracts).items():
        if isinstance(one, Contract):
            tables += [_table(entity) for entity in one.entities]
        else:
            tables += [_unread(name) for name in _asked_for(settings, feed)]
    source = {
        "name": "raw",
        "description": "Rows of accepted submissions, one partition a submission, as protected on arrival.",
        "schema": "raw",
        "tables": tables,
    }
    return yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True)


def _table(entity: Entity) -> dict:
    said = {column.name: column.description for column in entity.columns}
    said |= {column.withheld_name: f"True where the supplier does not say its {column.name}." for column in entity.columns}
    return {
        "name": entity.table,
        "description": f"{entity.grain} (expectations/{entity.feed}.odcs.yaml)",
        "columns": [
            {"name": name, "description": said.get(name, "Whether the identifier passed its check.")} for name in entity.stored
        ],
    }


def _unread(name: str) -> dict:
    return {"name": name, "description": "As it was made last: its feed file cannot be read (`make check` says why)."}


def _asked_for(settings: Settings, feed: str) -> list[str]:
    """The tables of a feed that models name. dbt reads no project in which a model names a source that is not there."""
    pattern = re.compile(ENTITY_OF.format(feed=re.escape(feed)))
    models = code_files.of(settings.dbt_project / "models", "**/*.sql")
    entities = {entity for model in models for entity in pattern.findall(model.read_text(encoding="utf-8"))}
    return [f"{feed}__{entity}" for entity in sorted(entities)]
