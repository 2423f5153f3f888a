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
import yaml

from vrn.access import roles as access
from vrn.errors import HomeError
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


def read(settings: Settings) -> list[Project]:
    """The projects of the register, in its order. A missing register is an empty one. Raises HomeError."""
    path = settings.projects
    if not path.exists():
        return []
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
    except yaml.YAMLError:
        raise _bad(settings, "is not YAML") from None
    if not isinstance(entries, list):
        raise _bad(settings, "is not a list of projects")
    projects = [_project(settings, number, entry) for number, entry in enumerate(entries, start=1)]
    names = [project.name for project in projects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _bad(settings, f"names {twice[0]} twice")
    return projects


def _project(settings: Settings, number: int, entry: object) -> Project:
    def bad(what: str) -> HomeError:
        return _bad(settings, f"entry {number} {what}")

    if not isinstance(entry, dict):
        raise bad("is not a project")
    missing = [key for key in KEYS if key not in entry]
    if missing:
        raise bad(f"has no {', '.join(missing)}")
    unknown = [str(key) for key in entry if key not in KEYS]
    if unknown:
        raise bad(f"has a key that is none: {unknown[0]}")
    if not (isinstance(entry["project"], str) and NAME.fullmatch(entry["project"])):
        raise bad("needs a name of at most 31 lower-case letters, digits and underscores that begins with a letter")
    empty = [key for key in WORDS if not isinstance(entry[key], str) or not entry[key].strip()]
    if empty:
        raise bad(f"has no words under {empty[0]}")
    # A date and time is a date to Python, and no day.
    no_day = [key for key in ("valid_from", "valid_to") if type(entry[key]) is not date]
    if no_day:
        raise bad(f"has no day (like 2026-04-01) under {no_day[0]}")
    if entry["valid_to"] < entry["valid_from"]:
        raise bad("ends before it begins")
    if entry["status"] not in STATES:
        raise bad(f"has a status that is none of {', '.join(STATES)}")
    tables = entry["tables"]
    if not isinstance(tables, list) or not tables:
        raise bad("lists no tables")
    other = [str(table) for table in tables if table not in TABLES]
    if other:
        raise bad(f"asks for {other[0]}, which is none of the event tables: {', '.join(TABLES)}")
    said = {key: entry[key] for key in KEYS if key not in ("project", "tables")}
    return Project(name=entry["project"], tables=tuple(dict.fromkeys(tables)), **said)


def _bad(settings: Settings, what: str) -> HomeError:
    return HomeError(f"{settings.projects}: {what}. No project is built or opened until it is mended.")


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
