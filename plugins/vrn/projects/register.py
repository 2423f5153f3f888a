"""The register of evaluation projects: who may see event tables, for which purpose and how long.

The register is a YAML file of the home (settings.projects), beside the register of agreements:

    - project: divert_follow_up
      title: What became of those whom DIVERT met in custody
      purpose: evaluation-divert
      approved_by: LVRN information governance board, minute 2026-14
      valid_from: 2026-04-01
      valid_to: 2027-03-31
      status: active
      tables: [divert_case, divert_follow_up, recorded_crime]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg

from vrn.access import roles as access
from vrn.feeds import yaml_list
from vrn.projects.tables import TABLES
from vrn.settings import Settings

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
WORDS = ("title", "purpose", "approved_by")
KEYS = ("project", *WORDS, "valid_from", "valid_to", "status", "tables")
STATES = ("active", "withdrawn")


@dataclass(frozen=True)
class Project:
    """One entry of the register."""

    name: str
    title: str
    purpose: str
    approved_by: str
    valid_from: date
    valid_to: date
    status: str
    tables: tuple[str, ...]

    @property
    def role(self) -> str:
        return f"{access.EVALUATOR_OF}{self.name}"

    @property
    def schema(self) -> str:
        return f"{access.PROJECT_SCHEMA}{self.name}"

    def why_closed(self, day: date) -> str | None:
        """Why the project is not open on a day; None if it is."""
        if self.status != "active":
            return "it is withdrawn"
        if not self.valid_from <= day <= self.valid_to:
            return f"it is valid from {self.valid_from} to {self.valid_to}"
        return None


@dataclass(frozen=True)
class Mistake:
    """An entry that cannot be read. name: the project's, None where it does not say. told: entry, line and what to do."""

    name: str | None
    told: str


def read(settings: Settings) -> tuple[list[Project], list[Mistake]]:
    """The projects of the register, in its order, and what is wrong with the other entries. A missing register is an empty one."""
    path, projects, mistakes = settings.projects, [], []
    for entry in yaml_list.read(path):
        wrong = entry.mistake or _wrong(entry.said)
        name = entry.said.get("project") if isinstance(entry.said, dict) else entry.value("project")
        if wrong is None and name in {project.name for project in projects}:
            wrong = f"it names {name} twice; take one entry away, or give it another name"
        if wrong is None:
            projects.append(_project(entry.said))
            continue
        is_named = isinstance(name, str) and NAME.fullmatch(name)
        which = f"entry {entry.number}" + (f" ({name})" if is_named else "") if entry.number else "the register"
        told = f"{path.name}, line {entry.line}, {which}: {wrong}. This project stays as it is until that is mended."
        mistakes.append(Mistake(name if is_named else None, told))
    return projects, mistakes


def _project(said: dict) -> Project:
    other = {key: said[key] for key in KEYS if key not in ("project", "tables")}
    return Project(name=said["project"], tables=tuple(dict.fromkeys(said["tables"])), **other)


def _wrong(said: object) -> str | None:
    """What is wrong with an entry."""
    if not isinstance(said, dict):
        return f"it is not a project; it says {', '.join(KEYS)}"
    if missing := [key for key in KEYS if key not in said]:
        return f"it has no {', '.join(missing)}"
    if unknown := [str(key) for key in said if key not in KEYS]:
        return f"it has a key that is none: {unknown[0]}; it says {', '.join(KEYS)}"
    if not (isinstance(said["project"], str) and NAME.fullmatch(said["project"])):
        return "it needs a name of at most 31 lower-case letters, digits and underscores that begins with a letter"
    if empty := [key for key in WORDS if not isinstance(said[key], str) or not said[key].strip()]:
        return f"it has no words under {empty[0]}; write them in quotation marks"
    # A date and time is a date to Python, and no day.
    if no_day := [key for key in ("valid_from", "valid_to") if type(said[key]) is not date]:
        return f"it has no day (like 2026-04-01) under {no_day[0]}"
    if said["valid_to"] < said["valid_from"]:
        return "it ends before it begins"
    if said["status"] not in STATES:
        return f"it has a status that is none of {', '.join(STATES)}"
    tables = said["tables"]
    if not isinstance(tables, list) or not tables:
        return f"it lists no tables; write tables: [{next(iter(TABLES))}]"
    if other := [str(table) for table in tables if table not in TABLES]:
        return f"it asks for {other[0]}, which is none of the event tables: {', '.join(TABLES)}"
    return None


def publish(connection: psycopg.Connection, projects: Iterable[Project]) -> None:
    """Bring ops.project to what the register says; a project that is no longer in it keeps its row. In the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.project (project, title, purpose, approved_by, valid_from, valid_to, status, tables)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (project) do update set
                title = excluded.title, purpose = excluded.purpose, approved_by = excluded.approved_by,
                valid_from = excluded.valid_from, valid_to = excluded.valid_to, status = excluded.status, tables = excluded.tables
            """,
            [
                (one.name, one.title, one.purpose, one.approved_by, one.valid_from, one.valid_to, one.status, list(one.tables))
                for one in projects
            ],
        )
