"""The life of a delivery: the table of moves in the code, in the database and in the docs; and any sequence of moves keeps the
ledger true."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from psycopg import errors

from tests import submissions
from tests.inbox import Inbox
from tests.kills import Killed, killed_at
from tests.made import csv_text, table
from tests.properties import examples
from vrn.errors import VrnError
from vrn.ledger import moves, states
from vrn.ledger import store as ledger
from vrn.run import deciding, ingest
from vrn.settings import REPOSITORY

FEED, PERIOD = "police_crime", "2019-05"
# Each of these dies once, as suddenly as a kill.
PLACES = (
    "vrn.stage.staging._block",
    "vrn.ledger.moves.staged",
    "vrn.gate.gx.validate",
    "vrn.gate.judging.keep",
    "vrn.gate.step._enforce",
    "vrn.gate.step._write_docs",
    "vrn.accept.serving._quarantine",
    "vrn.ledger.moves.accept",
    "vrn.stage.raw.attach",
    "vrn.stage.raw.forget",
    "vrn.ledger.moves.move",
)


def test_the_moves_of_the_code_are_those_that_the_database_allows(owner):
    found = owner.execute("select from_status, to_status from ops.allowed_move").fetchall()
    assert {(row["from_status"], row["to_status"]) for row in found} == set(states.MOVES)


def test_the_diagram_of_the_docs_has_every_move_and_no_other():
    text = (REPOSITORY / "docs" / "life-of-a-delivery.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^ *(\w+) --> (\w+) *: (.+)$", text, re.MULTILINE)
    assert {(before, after): words for before, after, words in drawn} == dict(states.MOVES)


@pytest.mark.parametrize("before", states.STATES)
def test_the_database_refuses_every_move_that_is_not_in_the_table(owner, before):
    for after in states.STATES:
        if before == after:
            continue
        counts = {"rows_in_file": 0, "rows_accepted": 0, "rows_quarantined": 0, "rows_duplicate": 0}
        one = submissions.came(owner, f"{before} {after}", status=before, period_start="2020-01-01", **counts)
        if before == states.ACCEPTED:
            with owner.transaction(force_rollback=True):
                submissions.move(owner, one, states.SUPERSEDED)
        if (before, after) in states.MOVES:
            with owner.transaction(force_rollback=True):
                owner.execute("update ops.submission set period_start = '2019-01-01' where submission_id = %s", [one])
                submissions.move(owner, one, after)
        else:
            with pytest.raises(errors.CheckViolation):
                submissions.move(owner, one, after)
            with pytest.raises(states.NotAllowed, match=f"Submission {one} is {before}"):
                moves.move(owner, one, after, by="a test")
        submissions.empty_ledger(owner)


def test_a_delivery_comes_as_received_and_nobody_rewrites_a_move(owner):
    with pytest.raises(errors.CheckViolation):
        owner.execute(
            "insert into ops.submission (feed, supplier, file_name, sha256, byte_count, is_synthetic, status, period_start, "
            "rows_in_file, rows_accepted, rows_quarantined, rows_duplicate) "
            "values ('a', 'b', 'c', repeat('a', 64), 1, true, 'accepted', '2020-01-01', 0, 0, 0, 0)"
        )
    submissions.came(owner, "one", status=states.REFUSED)
    for statement in ("delete from", "truncate"):
        with pytest.raises(errors.RaiseException, match="only added to"):
            owner.execute(f"{statement} ops.submission_move")
    with pytest.raises(errors.RaiseException, match="only added to"):
        owner.execute("update ops.submission_move set moved_by = 'nobody'")


def test_each_move_says_who_when_and_why_even_of_who_moves_by_hand(owner):
    one = submissions.came(owner, "one", status=states.STAGED)
    moves.move(owner, one, states.HELD, by="gate", reason="too few rows")
    moves.move(owner, one, states.PASSED, by="Jo Bloggs", reason="the supplier says so")
    rows = owner.execute(
        "select from_status, to_status, moved_by, reason from ops.submission_move where submission_id = %s order by move_id", [one]
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (None, "received", "vrn_owner", None),
        ("received", "staged", "vrn_owner", "a test"),
        ("staged", "held", "gate", "too few rows"),
        ("held", "passed", "Jo Bloggs", "the supplier says so"),
    ]
    row = ledger.find(owner, one)
    assert (row["hold_reason"], row["approved_by"]) == ("too few rows", "Jo Bloggs")


class Life(RuleBasedStateMachine):
    """Deliveries of one supplier and period, in any order, with steps that die, and people who decide."""

    inbox: Inbox
    owner: psycopg.Connection
    rows: list[dict]

    @initialize()
    def begin(self) -> None:
        submissions.empty_ledger(self.owner)
        for row in self.owner.execute(
            "select relnamespace::regnamespace::text || '.' || relname as name from pg_class where relkind in ('r', 'p') "
            "and relnamespace in ('raw'::regnamespace, 'quarantine'::regnamespace) and not relispartition"
        ).fetchall():
            self.inbox.connection.execute(f"drop table if exists {row['name']} cascade")
        # The rows that each delivery brings, as its file has them.
        self.sent: dict[str, int] = {}

    @rule(
        day=st.integers(1, 4),
        rows=st.sampled_from([60, 58, 20]),
        kind=st.sampled_from(["good", "good", "good", "no such table", "mostly wrong", "partly wrong"]),
    )
    def deliver(self, day: int, rows: int, kind: str) -> None:
        """A file of some rows, cut on a day: a restatement, an older extract, the same bytes, far too few, or what the gate refuses
        or holds."""
        name = f"{PERIOD}-lancashire-crime-asat-2020-08-0{day}.synthetic.csv"
        wrong = {"good": 0, "no such table": 0, "mostly wrong": 40, "partly wrong": 10}[kind]
        sent = [row | ({"ho_code": "no such code"} if place < wrong else {}) for place, row in enumerate(self.rows[:rows])]
        self.inbox.drop(FEED, name, "x,y\n1,2\n" if kind == "no such table" else csv_text(sent))
        ingest.take_in(FEED)

    @rule(day=st.integers(1, 4), rows=st.sampled_from([60, 58]))
    def arrive(self, day: int, rows: int) -> None:
        """A good file that is taken all the way."""
        self.deliver(day, rows, "good")
        for step in ingest.STEPS:
            self.take(step)

    @rule(step=st.sampled_from(list(ingest.STEPS)))
    def take(self, step: str) -> None:
        """Any step, whether or not something has come that far."""
        ingest.each(step, self._all())

    @rule(step=st.sampled_from(list(ingest.STEPS)), place=st.sampled_from(PLACES))
    def die(self, step: str, place: str) -> None:
        with contextlib.suppress(Killed), killed_at(place):
            ingest.each(step, self._all())

    @rule(
        decision=st.sampled_from(["approve", "refuse", "withdraw", "replay"]),
        status=st.sampled_from(["accepted", "superseded", "held", "any"]),
        number=st.integers(0, 5),
    )
    def decide(self, decision: str, status: str, number: int) -> None:
        """A person decides about a delivery, most often about one of which the decision makes sense."""
        found = self.owner.execute(
            "select submission_id from ops.submission where status = %s or %s = 'any' order by 1", [status, status]
        ).fetchall()
        if not found:
            return
        one = found[number % len(found)]["submission_id"]
        if decision == "replay":
            deciding.replay(self.inbox.settings, [one], by="a person", reason="a test")
            return
        try:
            getattr(deciding, decision)(self.inbox.settings, one, by="a person", reason="a test")
        except VrnError:
            return

    @rule()
    def settle(self) -> None:
        """Three runs of all steps: nothing is under way any more."""
        for _ in range(moves.MOST_TRIES + 1):
            for step in ingest.STEPS:
                ingest.each(step, self._all())
        left = self.owner.execute("select status from ops.submission where status = any(%s)", [list(states.UNDER_WAY)]).fetchall()
        assert left == []

    def _all(self) -> list[int]:
        return [
            row["submission_id"] for row in self.owner.execute("select submission_id from ops.submission order by 1").fetchall()
        ]

    @invariant()
    def one_serves_and_it_passed(self) -> None:
        serving = self.owner.execute("select * from ops.submission where status = 'accepted'").fetchall()
        assert len(serving) <= 1
        for row in serving:
            by = self.owner.execute(
                "select from_status, moved_by from ops.submission_move "
                "where submission_id = %s and attempt = %s and to_status = 'passed'",
                [row["submission_id"], row["attempt"]],
            ).fetchall()
            assert {(one["from_status"], one["moved_by"]) for one in by} <= {("staged", "gate"), ("held", "a person")}
            assert by

    @invariant()
    def what_serves_is_the_latest_of_what_was_accepted(self) -> None:
        rows = self.owner.execute(
            "select status from ops.submission where status in ('accepted', 'superseded') order by extract_as_at, submission_id"
        ).fetchall()
        # Until a replay has ended it serves nothing, and nothing earlier takes its place.
        is_replayed = self.owner.execute(
            "select 1 from ops.submission where attempt > 1 and status = any(%s) limit 1", [[*states.UNDER_WAY, states.HELD]]
        ).fetchone()
        if rows and not is_replayed:
            assert [row["status"] for row in rows] == ["superseded"] * (len(rows) - 1) + ["accepted"]

    @invariant()
    def rows_add_up_and_are_where_the_status_says(self) -> None:
        for row in self.owner.execute("select * from ops.submission").fetchall():
            if row["status"] in ("accepted", "superseded"):
                counts = row["rows_accepted"], row["rows_quarantined"], row["rows_duplicate"]
                assert row["rows_in_file"] == sum(counts)
                assert (self._rows("raw", row), self._rows("quarantine", row)) == counts[:2]
            elif row["status"] in ("refused", "withdrawn", "duplicate"):
                assert self._tables(row) == []

    @invariant()
    def nothing_is_tried_for_ever(self) -> None:
        assert self.owner.execute("select coalesce(max(tries), 0) as n from ops.submission").fetchone()["n"] <= moves.MOST_TRIES + 1

    def _rows(self, schema: str, row: dict) -> int:
        found = self.owner.execute(
            f"select count(*) as n from {schema}.police_crime__crime where submission_id = %s", [row["submission_id"]]
        )
        return found.fetchone()["n"]

    def _tables(self, row: dict) -> list[dict]:
        return self.owner.execute(
            "select relname from pg_class where relname like %s", [f"police\\_crime\\_\\_%\\_\\_s{row['submission_id']:06d}%"]
        ).fetchall()


@pytest.fixture
def life(inbox, owner) -> Iterator[type[Life]]:
    rows = table(inbox.text(FEED, PERIOD))[:60]
    return type("LifeOfAFeed", (Life,), {"inbox": inbox, "owner": owner, "rows": rows})


@pytest.mark.worlds
def test_whatever_happens_to_deliveries_in_whatever_order_the_ledger_stays_true(life):
    run_state_machine_as_test(life, settings=of_hypothesis(examples(12), stateful_step_count=12))
