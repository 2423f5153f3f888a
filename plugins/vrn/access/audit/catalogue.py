"""What there is in the database: so a name in a statement is told from a value, and an open table from a restricted one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg.rows import tuple_row

# Functions of statistics and the database's own: no data.
OPEN_SCHEMAS = ("pg_catalog", "information_schema", "stats")
PUBLISH = "publish"
# The planner's statistics hold values of the tables that they are of.
OF_VALUES = ("pg_statistic", "pg_statistic_ext_data", "pg_stats", "pg_stats_ext", "pg_stats_ext_exprs")

RELATIONS = """
    select nspname, relname from pg_class
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
"""
READABLE = f"{RELATIONS} and has_any_column_privilege(%s::text, pg_class.oid, 'select')"
ROUTINES = "select nspname, proname from pg_proc inner join pg_namespace on pg_namespace.oid = pronamespace"
# A word of a statement that is none of these may be a value that somebody forgot to quote.
WORDS = """
    select word from pg_get_keywords()
    union select nspname from pg_namespace
    union select relname from pg_class
    union select attname from pg_attribute where attnum > 0
    union select proname from pg_proc
    union select typname from pg_type
    union select rolname from pg_roles
    union select collname from pg_collation
    union select name from pg_settings
    union select 'pg_temp'
"""


@dataclass(frozen=True)
class Catalogue:
    """relations, routines: the schemas in which a name is. published: the tables of publish after disclosure control.
    readable: the relations, as (schema, name), that a role may read; nothing for a role that is not there."""

    relations: Mapping[str, frozenset[str]]
    routines: Mapping[str, frozenset[str]]
    words: Collection[str]
    published: Collection[str]
    readable: Callable[[str], frozenset[tuple[str, str]]]

    def is_restricted(self, schema: str, name: str) -> bool:
        """Whether reading this relation, or calling this function, is recorded."""
        if schema in OPEN_SCHEMAS:
            return name in OF_VALUES
        return schema != PUBLISH or name not in self.published

    def has(self, named: str) -> bool:
        """Whether there is a relation (schema.name) or a function (schema.name())."""
        schema, _, name = named.partition(".")
        return schema in self.relations.get(name, ()) or schema in self.routines.get(name.removesuffix("()"), ())

    def meant(self, name: str, role: str, *, is_refused: bool) -> list[str]:
        """The schemas that a table's name without a schema may stand for: a session can set any search_path, and the log does
        not say which. Those that the role may read, unless it was refused or may read none."""
        schemas = self.relations.get(name, frozenset())
        if not is_refused and (may_read := {schema for schema in schemas if (schema, name) in self.readable(role)}):
            schemas = may_read
        # pg_catalog comes first whatever the search_path is, unless that names it.
        return ["pg_catalog"] if "pg_catalog" in schemas else sorted(schemas)


def read(connection: psycopg.Connection, published: Collection[str]) -> Catalogue:
    """The catalogue of a database, as its owner sees it."""

    def rows(query: str, *values: str) -> list[tuple]:
        with connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(query, values or None).fetchall()

    known: dict[str, frozenset[tuple[str, str]]] = {}

    def readable(role: str) -> frozenset[tuple[str, str]]:
        if role not in known:
            is_there = rows("select 1 from pg_roles where rolname = %s", role)
            known[role] = frozenset(rows(READABLE, role)) if is_there else frozenset()
        return known[role]

    return Catalogue(
        relations=_by_name(rows(RELATIONS)),
        routines=_by_name(rows(ROUTINES)),
        words=frozenset(word for (word,) in rows(WORDS)),
        published=frozenset(published),
        readable=readable,
    )


def _by_name(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for schema, name in pairs:
        found.setdefault(name, set()).add(schema)
    return {name: frozenset(schemas) for name, schemas in found.items()}
