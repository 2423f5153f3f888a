"""The event tables of one project: made aside with the project's own pseudonyms, and swapped in with their rights.

One transaction: whoever reads sees the old tables or the new ones, whole, and a run that dies leaves the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from vrn.errors import HomeError
from vrn.projects import pseudonyms
from vrn.projects.purpose import Contracts, Source, sources, would_have_to_cite
from vrn.projects.register import Project
from vrn.projects.tables import TABLES, EventTable

UNTIL = "available_until"
PERSON = "The person: the same in every table of this project, and in no other project."
REFERENCE = "The same thing in every table of this project, and in no other project."
UNTIL_SAYS = "Last day on which the agreement lets the row be seen; after it the row is hidden."

LINKS = """
    create temporary table link on commit drop as
    select feed, source_pid, min(person_key) as person_key from persons.person_link
    where superseded_at is null
    group by feed, source_pid
"""
COVER = "create temporary table cover (table_name text, feed text, supplier text, available_until date) on commit drop"
IDENTITY = "create temporary table identity (identity text primary key) on commit drop"
PSEUDONYM = "create temporary table pseudonym (identity text primary key, pseudonym text not null) on commit drop"
# The rows of a model that were known when it was built last, with the delivery that each is from. A delivery that a later one
# superseded since then still stands for its period, because no build has read the later one. Withdrawn, refused or under replay by
# now, it has no status of these two, and its rows are nobody's to see.
ROWS = """
    from intermediate.{model} as entity
    inner join ops.submission as submission
        on submission.submission_id = entity.submission_id and submission.status in ('accepted', 'superseded')
"""
KNOWN = "where entity.known_until_on = date '9999-12-31'"
COUNTED = "select submission.feed, submission.supplier, count(*) as rows {rows} {known} group by 1, 2"
FOUND = """
    create temporary table {found} on commit drop as
    select {columns}, cover.available_until
    {rows}
    inner join cover
        on cover.table_name = {name} and (cover.feed, cover.supplier) = (submission.feed, submission.supplier)
    {links}
    {known}
"""
# In the order of a pseudonym, for the order in which rows lie would be the same in every project.
MADE = "create table {table} as select {columns} from {found} as found {joins} order by {order}"
# The session's time zone is the reader's to set, and with it what the letters UTC mean. An interval of nothing is not.
HIDE = """
    create policy while_agreed on {table} for select to {role}
    using (available_until >= (now() at time zone interval '0')::date)
"""
SUPERSEDE = """
    update ops.project_build as build set superseded_at = now()
    where build.project = %(project)s and build.superseded_at is null and not exists (
        select from said
        where (said.table_name, said.feed, said.supplier, said.is_included, said.row_count, said.reason)
            = (build.table_name, build.feed, build.supplier, build.is_included, build.row_count, build.reason)
            and said.agreement_id is not distinct from build.agreement_id
    )
"""
ADD = """
    insert into ops.project_build (project, table_name, feed, supplier, is_included, row_count, agreement_id, reason)
    select %(project)s, said.* from said
    where not exists (
        select from ops.project_build as build
        where (build.project, build.table_name, build.feed, build.supplier)
            = (%(project)s, said.table_name, said.feed, said.supplier) and build.superseded_at is null
    )
"""


@dataclass(frozen=True)
class Line:
    """What was decided about a supplier's rows in a table, as a row of ops.project_build says it."""

    table: str
    source: Source
    rows: int


class ProjectRefused(HomeError):
    """No agreement lets the project see anything. lines: what was decided of each supplier."""

    def __init__(self, message: str, lines: Sequence[Line] = ()):
        super().__init__(message)
        self.lines = lines


def make(connection: psycopg.Connection, contract_of: Contracts, project: Project, key: bytes, day: date) -> list[Line]:
    """Make a project's tables anew, in the caller's transaction. Raises ProjectRefused when no feed is covered."""
    asked = {name: TABLES[name] for name in project.tables}
    _check_purpose(connection, project)
    lines = _judge(connection, contract_of, project, asked, day)
    if not any(line.source.is_included for line in lines):
        needed = would_have_to_cite(contract_of, _feeds_of(asked.values())) or "its feeds, of which nothing has come yet"
        raise ProjectRefused(
            f"Project {project.name} is refused: nothing that it asks for is covered on {day}. An active agreement would have to "
            f"cite the purpose {project.purpose} for {needed}. Nothing of it can be read.",
            lines,
        )
    record(connection, project.name, lines)
    connection.execute(LINKS)
    connection.execute("create index on link (feed, source_pid)")
    connection.execute("analyze link")
    connection.execute(COVER)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into cover values (%s, %s, %s, %s)",
            [(line.table, line.source.feed, line.source.supplier, line.source.until) for line in lines if line.source.is_included],
        )
    for name, table in asked.items():
        connection.execute(_found(name, table))
    _make_pseudonyms(connection, asked, key)
    _swap_in(connection, project, asked)
    return lines


def _check_purpose(connection: psycopg.Connection, project: Project) -> None:
    """A purpose that no agreement cites is a slip, even if all that the project asks for needs none."""
    cited = [row["purpose"] for row in connection.execute("select distinct purpose from ops.agreement order by 1")]
    if cited and project.purpose not in cited:
        raise ProjectRefused(
            f"Project {project.name} is refused: no agreement cites the purpose {project.purpose}; those registered cite "
            f"{', '.join(cited)}. Nothing of it can be read."
        )


def _feeds_of(tables: Iterable[EventTable]) -> list[str]:
    return sorted({feed for table in tables for feed in table.feeds})


def _judge(
    connection: psycopg.Connection, contract_of: Contracts, project: Project, asked: Mapping[str, EventTable], day: date
) -> list[Line]:
    """Every table and supplier, with the number of rows and whether they may be seen."""
    by_feed = sources(connection, contract_of, project, _feeds_of(asked.values()), day)
    lines = []
    for name, table in asked.items():
        counted = connection.execute(_counted(connection, table)).fetchall()
        counts = {(row["feed"], row["supplier"]): row["rows"] for row in counted}
        of_table = [source for feed in table.feeds for source in by_feed[feed]]
        if table.rests_on_all:
            of_table = _all_or_none(of_table)
        lines += [Line(name, source, counts.get((source.feed, source.supplier), 0)) for source in of_table]
    return lines


def _all_or_none(found: Sequence[Source]) -> list[Source]:
    """Suppliers of a table whose rows rest on all of them: one that is left out leaves out the others."""
    out = [source.supplier for source in found if not source.is_included]
    if out:
        why = f"each row rests on all suppliers, and {', '.join(out)} may not be seen"
        return [Source(one.feed, one.supplier, None, why, one.agreement_id) if one.is_included else one for one in found]
    first_end = min((source.until for source in found), default=None)
    return [Source(one.feed, one.supplier, first_end, one.reason, one.agreement_id) for one in found]


def record(connection: psycopg.Connection, project: str, lines: Sequence[Line]) -> None:
    """Bring ops.project_build to what was decided; what no longer holds is superseded, never deleted."""
    connection.execute("create temporary table if not exists said (like ops.project_build) on commit drop")
    connection.execute("alter table said drop column if exists project, drop column built_at, drop column superseded_at")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into said (table_name, feed, supplier, is_included, row_count, agreement_id, reason) "
            "values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (one.table, one.source.feed, one.source.supplier, one.source.is_included, one.rows, one.source.agreement_id,
                 one.source.reason)
                for one in lines
            ],
        )  # fmt: skip
    connection.execute(SUPERSEDE, {"project": project})
    connection.execute(ADD, {"project": project})
    connection.execute("drop table said")


def _rows(table: EventTable) -> sql.Composed:
    return sql.SQL(ROWS).format(model=sql.Identifier(table.model))


def _counted(connection: psycopg.Connection, table: EventTable) -> sql.Composed:
    found = connection.execute("select to_regclass(%s) as found", [f"intermediate.{table.model}"]).fetchone()["found"]
    if found is None:
        raise HomeError(f"intermediate.{table.model} is not there yet. Build the outcomes first (`make run`).")
    return sql.SQL(COUNTED).format(rows=_rows(table), known=sql.SQL(KNOWN))


def _found(name: str, table: EventTable) -> sql.Composed:
    """The rows that the project may see, with identities in place of pseudonyms: domain, 0x1F, and what it is within it."""
    columns = [sql.SQL("entity." + one) for one in table.keep]
    links = []
    for number, (new, (column, feed)) in enumerate(table.persons.items()):
        link, pid = sql.Identifier(f"link_{number}"), sql.Identifier("entity", column)
        columns.append(
            sql.SQL("coalesce('person' || {sep} || {link}.person_key, 'pid' || {sep} || {pid}) as {new}").format(
                sep=sql.SQL("chr(31)"), link=link, pid=pid, new=sql.Identifier(new)
            )
        )
        links.append(
            sql.SQL("left join link as {link} on {link}.feed = {feed} and {link}.source_pid = {pid}").format(
                link=link, feed=sql.Literal(feed), pid=pid
            )
        )
    for new, (column, domain) in table.references.items():
        columns.append(
            sql.SQL("{} || chr(31) || {} as {}").format(sql.Literal(domain), sql.Identifier("entity", column), sql.Identifier(new))
        )
    return sql.SQL(FOUND).format(
        found=_found_name(name),
        columns=sql.SQL(", ").join(columns),
        rows=_rows(table),
        name=sql.Literal(name),
        links=sql.SQL(" ").join(links),
        known=sql.SQL(KNOWN),
    )


def _found_name(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", f"found_{name}")


def _make_pseudonyms(connection: psycopg.Connection, asked: Mapping[str, EventTable], key: bytes) -> None:
    connection.execute(IDENTITY)
    connection.execute(PSEUDONYM)
    for name, table in asked.items():
        for column in table.pseudonyms:
            connection.execute(
                sql.SQL(
                    "insert into identity select distinct {column} from {found} where {column} is not null on conflict do nothing"
                ).format(column=sql.Identifier(column), found=_found_name(name))
            )
    pseudonyms.fill(connection, key)
    connection.execute("analyze pseudonym")


def _swap_in(connection: psycopg.Connection, project: Project, asked: Mapping[str, EventTable]) -> None:
    aside, schema, role = (sql.Identifier(name) for name in (f"building_{project.name}", project.schema, project.role))
    connection.execute(sql.SQL("create schema {}").format(aside))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(aside, role))
    for name, table in asked.items():
        made = sql.Identifier(f"building_{project.name}", name)
        connection.execute(_made(name, table, made))
        connection.execute(sql.SQL("alter table {} enable row level security").format(made))
        connection.execute(sql.SQL(HIDE).format(table=made, role=role))
        connection.execute(sql.SQL("grant select on {} to {}").format(made, role))
        _say_what_it_is(connection, table, made)
        connection.execute(sql.SQL("analyze {}").format(made))
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    connection.execute(sql.SQL("alter schema {} rename to {}").format(aside, schema))


def _made(name: str, table: EventTable, made: sql.Identifier) -> sql.Composed:
    aliases = {column: sql.Identifier(f"p{number}") for number, column in enumerate(table.pseudonyms)}
    columns = [sql.SQL("{}.pseudonym as {}").format(alias, sql.Identifier(column)) for column, alias in aliases.items()]
    columns += [sql.Identifier("found", column) for column in (*table.kept, UNTIL)]
    joins = [
        sql.SQL("left join pseudonym as {alias} on {alias}.identity = found.{column}").format(
            alias=alias, column=sql.Identifier(column)
        )
        for column, alias in aliases.items()
    ]
    order = [sql.SQL("{}.pseudonym").format(alias) for alias in aliases.values()] or [sql.SQL("random()")]
    return sql.SQL(MADE).format(
        table=made,
        columns=sql.SQL(", ").join(columns),
        found=_found_name(name),
        joins=sql.SQL(" ").join(joins),
        order=sql.SQL(", ").join(order),
    )


def _say_what_it_is(connection: psycopg.Connection, table: EventTable, made: sql.Identifier) -> None:
    """Comments: a kept column's is the model's."""
    connection.execute(sql.SQL("comment on table {} is {}").format(made, sql.Literal(table.description)))
    said = connection.execute(
        "select attname, col_description(attrelid, attnum) as said from pg_attribute where attrelid = %s::regclass and attnum > 0",
        [f"intermediate.{table.model}"],
    ).fetchall()
    comments = {row["attname"]: row["said"] for row in said if row["attname"] in table.kept}
    comments |= dict.fromkeys(table.persons, PERSON) | dict.fromkeys(table.references, REFERENCE) | {UNTIL: UNTIL_SAYS}
    for column, comment in comments.items():
        if comment:
            connection.execute(sql.SQL("comment on column {}.{} is {}").format(made, sql.Identifier(column), sql.Literal(comment)))
