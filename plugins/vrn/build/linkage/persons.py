"""Who is who across services: the rows that serve today are linked, and what changed of the links is written down.

Runs as vrn_linker, the only role that reads match codes; what it leaves in persons.person_link holds pseudonyms and no code.
Which feeds take part, and by which columns, is said by the feed files (customProperties `linkage`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pandas as pd
import psycopg
from psycopg import sql

from vrn.build.linkage import charts, match
from vrn.feeds import catalogue
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.grammar import LINKED_BY
from vrn.settings import Settings
from vrn.stage import raw
from vrn.stage.match_codes import CODES
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import LINKER

log = logging.getLogger(__name__)

# A feed file's code of sex by its label; a code that has none there (of a later year) stands for itself.
SEXES = {"MALE": "M", "M": "M", "FEMALE": "F", "F": "F"}
# The model learns from every delivery, so that a score moves a little each time: that alone is no other link.
SAME_SCORE = 0.01
TABLE = """
create table if not exists persons.person_link (
    person_key text not null,
    service text not null,
    feed text not null,
    supplier text not null,
    source_pid text not null,
    match_rule text,
    match_score double precision,
    linked_at timestamptz not null,
    superseded_at timestamptz
)
"""
INDEX = """
create unique index if not exists person_link_that_holds on persons.person_link (feed, supplier, source_pid)
where superseded_at is null
"""
COMMENTS = {
    None: "One row per record of a person at a supplier and the person that it was taken for, as long as that held. Records that a "
    "withdrawal leaves in no delivery are gone.",
    "person_key": "The person. Records of one person have the same key; it means nothing elsewhere.",
    "service": "Service that knows the person: police, youth_offending or social_care.",
    "feed": "Feed that brought the record.",
    "supplier": "Code of the supplier, as the feed file has it.",
    "source_pid": "Pseudonym of the person at that supplier, as in the raw table and the staging model.",
    "match_rule": "Strongest rule that links the record: R1 same national identifier, R2 same names and birth date, PROB the "
    "weight of the evidence. NULL: no other record was found.",
    "match_score": "Probability that the link is right; 1 for R1 and R2. From 0.8 to 0.95 for a person to look at.",
    "linked_at": "When the record was first taken for this person.",
    "superseded_at": "When that changed, or when the record no longer served. NULL: it holds today.",
}
# What changed since the last time: superseded and not deleted, for a figure of an earlier day must stay explainable. Deleted
# are links of records that a withdrawal leaves in no delivery, because nothing of it was ever known (vrn.accept.unlinking).
SUPERSEDE = """
update persons.person_link as link set superseded_at = now()
where link.superseded_at is null and not exists (
    select from found
    where (found.feed, found.supplier, found.source_pid) = (link.feed, link.supplier, link.source_pid)
      and (found.service, found.person_key) = (link.service, link.person_key)
      and found.match_rule is not distinct from link.match_rule
      and abs(coalesce(found.match_score, 0) - coalesce(link.match_score, 0)) < %s
)
"""
ADD = """
insert into persons.person_link (person_key, service, feed, supplier, source_pid, match_rule, match_score, linked_at)
select found.person_key, found.service, found.feed, found.supplier, found.source_pid, found.match_rule, found.match_score, now()
from found
where not exists (
    select from persons.person_link as link
    where (link.feed, link.supplier, link.source_pid) = (found.feed, found.supplier, found.source_pid)
      and link.superseded_at is null
)
"""
OWN = ("record_id", "source", "feed", "supplier", "source_pid", "sex")


def link(settings: Settings) -> dict[str, int]:
    """Link all that serves today. Returns how many records and persons there are, and how many links are new or ended.

    While the feed file of linked records cannot be read nothing is linked anew, for without them the others would find other
    partners: the links stay as they are, and nothing is counted.
    """
    # In a transaction of its own. PostgreSQL locks the links against whoever deletes some, to see that their index is there, for as
    # long as the transaction lasts; a withdrawal has the rows that would be read next, and waits for the links.
    ensure_table(settings)
    with connect(settings, LINKER) as connection:
        # One at a time: a second run waits, and then finds nothing changed.
        locks.for_transaction(connection, locks.Job.PERSONS)
        if unreadable := _linked_and_unreadable(connection, settings):
            log.warning("Nobody is linked anew until these feed files can be read: %s. The links stay.", ", ".join(unreadable))
            return {}
        records = _records(connection, settings)
        linked, drawn = match.link_and_draw(records)
        ended, added = _write(connection, records, linked)
        charts.keep(connection, drawn)
    return {"records": len(linked), "persons": linked["person_key"].nunique(), "new": added, "superseded": ended}


def ensure_table(settings: Settings) -> None:
    """The table is there before anything was linked, so that models find it."""
    with connect(settings, LINKER) as connection:
        locks.for_transaction(connection, locks.Job.PERSONS)
        connection.execute(TABLE)
        connection.execute(INDEX)
        connection.execute("grant select on persons.person_link to vrn_owner")
        for column, comment in COMMENTS.items():
            of = (
                sql.SQL("table persons.person_link")
                if column is None
                else sql.SQL("column {}").format(sql.Identifier("persons", "person_link", column))
            )
            connection.execute(sql.SQL("comment on {} is {}").format(of, sql.Literal(comment)))
        charts.ensure_table(connection)


def _linked_and_unreadable(connection: psycopg.Connection, settings: Settings) -> list[str]:
    broken = [feed for feed, one in catalogue.every(settings.contracts).items() if not isinstance(one, Contract)]
    rows = connection.execute(
        "select distinct feed from persons.person_link where superseded_at is null and feed = any(%s) order by 1", [broken]
    )
    return [row["feed"] for row in rows]


def taking_part(settings: Settings) -> Iterator[Entity]:
    """The entities whose feed files say how they are linked."""
    for contract in catalogue.sound(settings.contracts):
        yield from (entity for entity in contract.entities if entity.linkage)


def _records(connection: psycopg.Connection, settings: Settings) -> pd.DataFrame:
    """What is known today of each local identifier, in the columns that match.link reads."""
    columns = [*OWN, *LINKED_BY, *CODES]
    rows = [row for entity in taking_part(settings) for row in _rows_of(connection, entity)]
    return pd.DataFrame.from_records(rows, columns=columns)


def _rows_of(connection: psycopg.Connection, entity: Entity) -> list[tuple]:
    said = entity.linkage
    labels = entity.column(said.sex).labels if said.sex else {}
    found = connection.execute(_query(entity)).fetchall()
    return [
        (
            f"{entity.feed}|{row['supplier']}|{row['source_pid']}",
            said.service,
            entity.feed,
            row["supplier"],
            row["source_pid"],
            SEXES.get((labels.get(row["sex"]) or row["sex"] or "").upper()),
            *(row[name] for name in (*LINKED_BY, *CODES)),
        )
        for row in found
    ]


def _query(entity: Entity) -> sql.Composed:
    """The newest row of each supplier and local identifier. Rows that came before the feed had match codes have none."""
    said = entity.linkage

    def column(name: str | None, as_: str) -> sql.Composed:
        # A pseudonym is a uuid, what a supplier calls a person a text.
        value = sql.Identifier("entity", name) if name else sql.SQL("null")
        return sql.SQL("{}::text as {}").format(value, sql.Identifier(as_))

    return sql.SQL(
        """
        select distinct on (submission.supplier, entity.{key}) submission.supplier, {columns}, {codes}
        from {rows} as entity
        inner join ops.submission as submission
            on submission.submission_id = entity.submission_id and submission.status = 'accepted'
        left join {code_rows} as code
            on code.submission_id = entity.submission_id and code.row_number = entity.row_number
        where entity.{key} is not null
        order by submission.supplier, entity.{key}, submission.period_start desc, entity.submission_id desc, entity.row_number desc
        """
    ).format(
        key=sql.Identifier(said.key),
        columns=sql.SQL(", ").join(
            [column(said.key, "source_pid"), column(said.sex, "sex"), *(column(said.ids.get(name), name) for name in LINKED_BY)]
        ),
        codes=sql.SQL(", ").join(sql.Identifier("code", name) for name in CODES),
        rows=raw.table(entity),
        code_rows=raw.match_table(entity),
    )


def _write(connection: psycopg.Connection, records: pd.DataFrame, linked: pd.DataFrame) -> tuple[int, int]:
    """Bring the links to what was found, in the caller's transaction. Returns how many ended and how many are new."""
    found = records[list(OWN)].merge(linked, on="record_id", validate="one_to_one")
    connection.execute("create temporary table found (like persons.person_link) on commit drop")
    connection.execute("alter table found alter linked_at drop not null")
    names = ("person_key", "source", "feed", "supplier", "source_pid", "match_rule", "match_score")
    with connection.cursor().copy(
        "copy found (person_key, service, feed, supplier, source_pid, match_rule, match_score) from stdin"
    ) as copy:
        for row in found[list(names)].itertuples(index=False, name=None):
            copy.write_row([None if pd.isna(value) else value for value in row])
    ended = connection.execute(SUPERSEDE, [SAME_SCORE]).rowcount
    return ended, connection.execute(ADD).rowcount
