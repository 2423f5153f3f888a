"""A home whose ledger inferred how far a delivery is opens under this version, and nothing in it is lost."""

from __future__ import annotations

import hashlib

import psycopg
import pytest
from psycopg import sql

from vrn.run import prepare
from vrn.settings import Settings

BEFORE = "0010"
COUNTS = {"rows_in_file": 3, "rows_accepted": 2, "rows_quarantined": 1, "rows_duplicate": 0}
# How a delivery of each kind stood in the ledger of before, and what it is now.
ROWS = {
    "accepted": ({"status": "accepted", "accepted_at": "2020-02-01", **COUNTS}, "accepted"),
    "superseded": ({"status": "superseded", "accepted_at": "2020-02-01", "superseded_at": "2020-03-01", **COUNTS}, "superseded"),
    "refused": ({"status": "refused", "status_reason": "GEN-001: a test"}, "refused"),
    "duplicate": ({"status": "duplicate", "status_reason": "the same bytes as submission 1"}, "duplicate"),
    "waiting for a person": ({"held_at": "2020-02-01", "hold_reason": "GEN-005: a test", "rows_in_file": 3}, "held"),
    "approved and not yet accepted": (
        {"held_at": "2020-02-01", "hold_reason": "a test", "approved_at": "2020-02-02", "approved_by": "jo", "rows_in_file": 3},
        "passed",
    ),
    # A kept verdict was not yet an enforced one.
    "judged and not accepted": ({"rows_in_file": 3}, "received"),
    "received": ({}, "received"),
}


@pytest.fixture
def before(home: Settings) -> psycopg.Connection:
    """The home's ledger as it was, with a delivery of each kind."""
    with psycopg.connect(home.conninfo("postgres"), autocommit=True) as superuser:
        superuser.execute("drop schema ops cascade")
        superuser.execute("create schema ops authorization vrn_owner")
        superuser.execute("grant usage on schema ops to vrn_loader, vrn_evaluator, vrn_linker")
    prepare.migrate(home, BEFORE)
    with psycopg.connect(home.conninfo("vrn_owner"), autocommit=True) as owner:
        for number, (name, (columns, _)) in enumerate(ROWS.items(), start=1):
            values = {
                "feed": "police_street_crime", "supplier": "lancashire", "file_name": name, "byte_count": 1, "is_synthetic": True,
                "sha256": hashlib.sha256(name.encode()).hexdigest(), "period_start": f"20{number:02}-01-01", **columns,
            }  # fmt: skip
            owner.execute(
                sql.SQL("insert into ops.submission ({}) values ({})").format(
                    sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(map(sql.Literal, values.values()))
                )
            )
        yield owner


def test_every_delivery_keeps_its_row_and_gets_its_state_and_its_moves(home, before):
    old = before.execute("select submission_id, file_name, sha256, rows_accepted from ops.submission order by 1").fetchall()
    prepare.migrate(home)
    assert before.execute("select submission_id, file_name, sha256, rows_accepted from ops.submission order by 1").fetchall() == old
    found = dict(before.execute("select file_name, status from ops.submission").fetchall())
    assert found == {name: status for name, (_, status) in ROWS.items()}
    moved = before.execute(
        "select file_name, array_agg(to_status order by move_id) from ops.submission inner join ops.submission_move "
        "using (submission_id) group by file_name"
    ).fetchall()
    assert dict(moved) == {
        name: ["received"] if status == "received" else ["received", status] for name, (_, status) in ROWS.items()
    }
    assert before.execute("select approved_by from ops.submission where status = 'passed'").fetchall() == [("jo",)]


def test_what_was_judged_and_not_accepted_is_judged_again(home, before):
    prepare.migrate(home)
    rows = before.execute("select rows_in_file, attempt, tries from ops.submission where file_name = 'judged and not accepted'")
    assert rows.fetchall() == [(None, 1, 0)]


def test_a_second_start_changes_nothing(home, before):
    prepare.migrate(home)
    state = "select s.*, (select count(*) from ops.submission_move) from ops.submission as s order by 1"
    first = before.execute(state).fetchall()
    prepare.migrate(home)
    assert before.execute(state).fetchall() == first


def test_what_is_built_after_a_home_was_taken_over_counts_as_later_than_all_that_was_built_before(home, before):
    """It was told by the numbers of the server's transactions, which may be high, and which another server counts anew."""
    prepare.migrate(home, "0030")
    before.execute(
        "insert into ops.built_month (model, feed, month_on, inputs, revision) "
        "values ('a model', 'a feed', '2020-01-01', '', 7000000000)"
    )
    prepare.migrate(home)
    assert before.execute("select nextval('ops.built_revision')").fetchone()[0] > 7_000_000_000
