"""A home whose pseudonyms are text of 64 digits opens under this version, with the same rows, links and figures (issue 17, 1)."""

from __future__ import annotations

import hashlib
import logging

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.unit.test_persons import CARE, CENSUS, YOT, build_mart, links, load_places, partners, services  # noqa: F401  a fixture
from vrn.build import steps as build
from vrn.build.layers import LINK
from vrn.run import ingest, prepare, pseudonyms

CHILDREN = "raw.yot_caseload__child"
OFFENCES = "intermediate.int_youth_justice__proven_offence"
# Nobody knows any more what the second half of a hash was; it tells as much as the first.
OF_BEFORE = "replace({0}::text, '-', '') || md5({0}::text)"
COLUMNS = """
select attrelid::regclass::text as table, array_agg(quote_ident(attname)) as columns
from pg_attribute inner join pg_class on pg_class.oid = attrelid
where relnamespace in ('raw'::regnamespace, 'quarantine'::regnamespace) and relkind in ('r', 'p') and not relispartition
    and atttypid = 'uuid'::regtype
group by 1
"""


@pytest.fixture
def superuser(home):
    with psycopg.connect(home.conninfo("postgres"), autocommit=True, row_factory=dict_row) as connection:
        yield connection


def pseudonyms_in(superuser) -> dict[str, list[str]]:
    """The tables with pseudonyms as uuid, and these columns."""
    return {row["table"]: row["columns"] for row in superuser.execute(COLUMNS)}


def person_key(feed: str, supplier: str, pseudonym: str) -> str:
    return hashlib.sha256(f"person\x1f{feed}|{supplier}|{pseudonym}".encode()).hexdigest()[:32]


def make_as_before(superuser) -> None:
    """All that is kept as it was: pseudonyms of 64 digits, and keys of persons that were made of them."""
    for table, columns in pseudonyms_in(superuser).items():
        changes = ", ".join(f"alter {column} type text using {OF_BEFORE.format(column)}" for column in columns)
        superuser.execute(f"alter table {table} {changes}")
    # As a layer has read the table, and another layer that one.
    superuser.execute(f"create view staging.stg_yot_caseload__child as select child_id as child_pid from {CHILDREN}")
    superuser.execute("create view indicators.s11_test as select * from staging.stg_yot_caseload__child")
    superuser.execute(f"create table {OFFENCES} as select child_id as person_pid from {CHILDREN}")
    records = superuser.execute(
        f"select distinct feed, supplier, source_pid, {OF_BEFORE.format('source_pid')} as was from persons.person_link "
        "where feed = any(%s)",
        [[YOT, CENSUS, CARE]],
    ).fetchall()
    for row in records:
        now, was = (person_key(row["feed"], row["supplier"], row[name]) for name in ("source_pid", "was"))
        superuser.execute("update persons.person_link set person_key = %s where person_key = %s", [was, now])
        superuser.execute(
            "update persons.person_link set source_pid = %s where (feed, supplier, source_pid) = (%s, %s, %s)",
            [row["was"], row["feed"], row["supplier"], row["source_pid"]],
        )


@pytest.fixture
def before(partners, superuser):  # noqa: F811
    """A home of before: deliveries that serve and are linked, a row in quarantine, and a delivery that was staged."""
    partners.send_all()
    partners.send(YOT, "lan", change=lambda rows: [rows[0] | {"sex": ""}, *rows[1:]])
    build.take(LINK)
    contract, supplier, made = partners.rows(YOT, "bwd")
    partners.drop(contract, supplier, made)
    batch = partners.inbox.register(YOT)
    ingest.each("stage", batch)
    kept = partners.inbox.tables(), links(superuser, "true")
    assert kept[0][f"quarantine.{YOT}__child"]
    make_as_before(superuser)
    assert not pseudonyms_in(superuser)
    return batch, *kept


def test_rows_links_and_figures_are_the_same_after_a_start(before, partners, superuser):  # noqa: F811
    _, tables, linked = before
    settings = partners.inbox.settings
    build_mart(settings)
    figures = services(superuser)
    prepare.prepare(settings)
    assert partners.inbox.tables() == tables
    assert links(superuser, "true") == linked
    # What a project joins with the links before the next build.
    linked_in = "select count(*) as n from {} inner join persons.person_link on source_pid = {}::text and superseded_at is null"
    found, of_raw = (linked_in.format(*of) for of in ((OFFENCES, "person_pid"), (CHILDREN, "child_id")))
    assert superuser.execute(found).fetchone() == superuser.execute(of_raw).fetchone() != {"n": 0}
    # Nothing is another person, no link ends and none is new.
    done = build.take(LINK)
    assert (done["new"], done["superseded"]) == (0, 0)
    load_places(settings)
    build.take("staging")
    build_mart(settings)
    assert services(superuser) == figures


def test_a_delivery_that_was_staged_before_is_accepted_after(before, partners, superuser):  # noqa: F811
    batch, tables, _ = before
    prepare.prepare(partners.inbox.settings)
    for step in ("gate", "accept"):
        ingest.each(step, batch)
    found = partners.inbox.tables()
    assert [row["status"] for row in found["ledger"] if row["submission_id"] in batch] == ["accepted"]
    name = f"{CHILDREN}__s{batch[0]:06d}"
    # The rest of a row is not kept when it has been judged.
    assert [row.split(",")[4] for row in found[name]] == [row.split(",")[4] for row in tables[name]]
    assert set(found[CHILDREN]) == {*tables[CHILDREN], *found[name]}


def test_a_second_start_writes_no_table_again(before, partners, superuser):  # noqa: F811
    written = "select oid, pg_relation_filenode(oid) as file from pg_class where relnamespace = 'raw'::regnamespace order by 1"
    prepare.prepare(partners.inbox.settings)
    first = superuser.execute(written).fetchall()
    prepare.prepare(partners.inbox.settings)
    assert superuser.execute(written).fetchall() == first


def test_a_start_that_dies_on_the_way_leaves_each_feed_whole(before, partners, superuser, monkeypatch):  # noqa: F811
    _, tables, linked = before
    with monkeypatch.context() as patch:
        patch.setattr(pseudonyms, "LINKS", "select 1 / 0")
        with pytest.raises(psycopg.errors.DivisionByZero):
            prepare.prepare(partners.inbox.settings)
    assert CHILDREN not in pseudonyms_in(superuser)
    prepare.prepare(partners.inbox.settings)
    assert partners.inbox.tables() == tables
    assert links(superuser, "true") == linked


def test_what_was_kept_in_clear_before_its_column_was_hashed_is_left_and_said(before, partners, superuser, caplog):  # noqa: F811
    superuser.execute(f"update {CHILDREN} set upn = 'Zzyzx' where row_number = 2")
    with caplog.at_level(logging.WARNING):
        prepare.prepare(partners.inbox.settings)
    assert [one.getMessage().partition(" are in ")[2].partition(",")[0] for one in caplog.records] == [
        '"raw"."yot_caseload__child"'
    ]
    assert "Zzyzx" not in caplog.text
    there = pseudonyms_in(superuser).keys()
    assert there >= {"raw.cin_census__child"}
    assert not there & {CHILDREN, "raw.yot_caseload__offence"}
