"""What is refused never serves and nothing waits for ever (issue 13): verdicts that bind, steps that fail, what people decide."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import yaml

from tests import waiting
from tests.inbox import Inbox
from tests.kills import Killed, killed_at
from tests.made import csv_text, file_name, table
from vrn import __main__ as commands
from vrn.accept import retention
from vrn.build import steps as build
from vrn.build.layers import LAYERS
from vrn.errors import HomeError
from vrn.feeds.period import Period
from vrn.gate.listing import Listing
from vrn.ledger import agreement, findings, states
from vrn.ledger import store as ledger
from vrn.receive import landing
from vrn.report import messages, notes
from vrn.run import deciding, ingest
from vrn.run.local import status
from vrn.stage import copying
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

ED, STREET, YOT = "tiig_ed_attendance", "police_street_crime", "yot_caseload"
ATTENDANCES = "raw.tiig_ed_attendance__attendance"
MONTH = "2020-06"
WHO = {"by": "Jo Bloggs", "reason": "a test"}


def attendances(inbox: Inbox, month: str = MONTH, count: int = 60) -> list[dict]:
    return table(inbox.text(ED, month))[:count]


def send(inbox: Inbox, rows: list[dict], month: str = MONTH) -> None:
    inbox.drop(ED, file_name(inbox.contract(ED), month), csv_text(rows))


def send_caseload(inbox: Inbox) -> None:
    """A delivery of several entities."""
    contract, quarter = inbox.contract(YOT, "2019-20-Q3"), Period.parse("quarter", "2019-20-Q3")
    inbox.drop(YOT, file_name(contract, quarter.name), deliveries.content(contract, quarter, inbox.places))


def taken(inbox: Inbox, rows: list[dict], month: str = MONTH) -> dict:
    send(inbox, rows, month)
    return inbox.take_in(ED)[-1]


def now(inbox: Inbox, row: dict) -> dict:
    return ledger.find(inbox.connection, row["submission_id"])


def serving(inbox: Inbox) -> int:
    return inbox.connection.execute(
        f"select count(*) as n from {ATTENDANCES} inner join ops.submission using (submission_id) where status = 'accepted'"
    ).fetchone()["n"]


def moves(inbox: Inbox, row: dict) -> list[str]:
    found = inbox.connection.execute(
        "select to_status from ops.submission_move where submission_id = %s order by move_id", [row["submission_id"]]
    )
    return [one["to_status"] for one in found.fetchall()]


def wrong(rows: list[dict], count: int, **cells: str) -> list[dict]:
    """Rows of which the first have other cells."""
    return [row | (cells if place < count else {}) for place, row in enumerate(rows)]


# --- point 1: a verdict binds whatever happens after it


def full(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_file_that_the_gate_refused_never_serves_though_its_pages_cannot_be_written(inbox, monkeypatch):
    first = taken(inbox, attendances(inbox))
    monkeypatch.setattr("vrn.gate.data_docs.write", full)
    send(inbox, wrong(attendances(inbox), 60, arrival_date="2019-01-01"))
    second = inbox.take_in(ED)[-1]
    assert (second["status"], now(inbox, first)["status"], serving(inbox)) == ("refused", "accepted", 60)
    said = {one["rule_code"]: one["message"] for one in findings.of(inbox.connection, second["submission_id"])}
    assert "No space left on device" in said["GEN-020"]


def test_a_hold_binds_too_when_the_pages_cannot_be_written(inbox, monkeypatch):
    for month in ("2020-03", "2020-04", "2020-05"):
        taken(inbox, attendances(inbox, month), month)
    monkeypatch.setattr("vrn.gate.data_docs.write", full)
    assert taken(inbox, attendances(inbox, count=20))["status"] == "held"


def held(inbox: Inbox) -> dict:
    """A delivery that waits for a person, because it has far fewer rows than those before."""
    for month in ("2020-03", "2020-04", "2020-05"):
        taken(inbox, attendances(inbox, month), month)
    return taken(inbox, attendances(inbox, count=20))


@pytest.mark.parametrize(
    "place", ["vrn.run.ingest.each", "vrn.run.deciding.tell"], ids=["it was accepted", "its supplier was told"]
)
def test_an_approval_that_was_killed_before_all_was_done_is_made_good_by_the_next_and_stays_who_it_was(inbox, capsys, place):
    row = held(inbox)
    with pytest.raises(Killed), killed_at(place):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert commands.main(["approve", "--submission", str(row["submission_id"]), "--reason", "another's"]) == 0
    said = f"submission {row['submission_id']} was approved by {WHO['by']} before, and that approval is carried out now"
    assert said in capsys.readouterr().out
    after = now(inbox, row)
    assert (after["status"], after["approved_by"], after["reported_at"] is None) == ("accepted", WHO["by"], False)
    # Once all is done another opinion comes too late.
    with pytest.raises(states.NotAllowed, match="is accepted"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)


def a_column_comes(said: dict) -> None:
    said["schema"][0]["properties"].append(said["schema"][0]["properties"][-1] | {"name": "new_column"})


def a_column_is_dropped(said: dict) -> None:
    (attendance,) = said["schema"]
    next(one for one in attendance["properties"] if one["name"] == "injury_group")["classification"] = "drop"
    attendance["quality"] = [rule for rule in attendance["quality"] if "injury_group" not in str(rule["implementation"])]


def an_entity_leaves(said: dict) -> None:
    said["schema"].pop()


def a_rule_leaves(said: dict) -> None:
    said["schema"][0]["quality"].pop()


def a_column_becomes_judged_only(said: dict) -> None:
    column = next(one for one in said["schema"][0]["properties"] if one["name"] == "disposal")
    column["customProperties"].append({"property": "judgedOnly", "value": True})


def changed(feed_files: Path, feed: str, change: Callable[[dict], None]) -> None:
    path = feed_files / f"{feed}.odcs.yaml"
    said = yaml.safe_load(path.read_text())
    change(said)
    path.write_text(yaml.safe_dump(said, sort_keys=False))


@pytest.mark.parametrize("change", [a_column_comes, a_column_is_dropped])
def test_nobody_approves_a_delivery_that_the_feed_file_cannot_take_since_it_was_judged(inbox, feed_files, change):
    row = held(inbox)
    changed(feed_files, ED, change)
    with pytest.raises(states.NotAllowed, match=f"has other tables or columns since submission {row['submission_id']} was judged"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert moves(inbox, row)[-1] == "held"
    # And `make status` does not offer it, which reads as another role.
    with connect(inbox.settings, OWNER) as connection:
        said = " ".join(text for _, text in status._ledger(connection, inbox.settings))
    assert f"Run `make replay SUBMISSION={row['submission_id']}`, which judges it anew" in said
    assert "`make approve" not in said


@pytest.mark.parametrize("change", [a_rule_leaves, a_column_becomes_judged_only])
def test_a_delivery_that_the_feed_file_can_take_serves_though_it_changed_since_it_was_judged(inbox, feed_files, change):
    row = held(inbox)
    changed(feed_files, ED, change)
    deciding.approve(inbox.settings, row["submission_id"], **WHO)
    assert now(inbox, row)["status"] == "accepted"


def test_a_delivery_of_which_an_entity_left_the_feed_file_since_it_was_judged_is_held_with_that_reason(inbox, feed_files):
    send_caseload(inbox)
    (batch,) = ingest.take_in(YOT)
    for step in ("stage", "gate"):
        ingest.each(step, batch)
    changed(feed_files, YOT, an_entity_leaves)
    done = ingest.each("accept", batch)
    row = ledger.find(inbox.connection, batch[0])
    assert (done.results, done.broken, row["status"]) == ([], [], "held")
    assert row["hold_reason"] == f"The feed file of {YOT} has other tables or columns since submission {batch[0]} was judged."
    # What to type is for whoever decides, and not for the supplier, who reads the reason.
    assert f"Run `make replay SUBMISSION={batch[0]}`, which judges it anew" in done.settled[0]
    assert f"Run `make replay SUBMISSION={batch[0]}`, which judges it anew" in ingest.questions(batch)[0]["body"]


def test_nobody_approves_what_was_not_held(inbox):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    for step in ("stage", "gate"):
        ingest.each(step, batch)
    with pytest.raises(states.NotAllowed, match="is passed"):
        deciding.approve(inbox.settings, batch[0], **WHO)
    assert ledger.find(inbox.connection, batch[0])["status"] == "passed"


def test_an_approval_of_what_another_refuses_meanwhile_says_that_it_is_refused(inbox, monkeypatch):
    row = held(inbox)
    real = ingest.each

    def each(*arguments):
        deciding.refuse(inbox.settings, row["submission_id"], by="Another", reason="a test")
        return real(*arguments)

    monkeypatch.setattr(ingest, "each", each)
    with pytest.raises(states.NotAllowed, match="refused: GEN-021: Another refused it"):
        deciding.approve(inbox.settings, row["submission_id"], **WHO)


def test_accept_takes_nothing_that_was_not_passed(inbox):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    ingest.each("stage", batch)
    assert ingest.each("accept", batch).results == []
    assert ledger.describe(inbox.connection, batch)[0]["status"] == "staged"


# --- point 4: whatever an exception's class, it ends one delivery's step and no other's


def test_a_step_that_fails_three_times_holds_its_delivery_with_the_reason_and_the_others_go_on(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    send(inbox, attendances(inbox, "2020-05"), "2020-05")
    batches = ingest.take_in(ED)
    (ids,) = batches
    real = ingest.STEPS["stage"][1]

    def stage(connection, settings, submission, contract):
        if submission.submission_id == ids[0]:
            raise ZeroDivisionError("of nobody's doing")
        return real(connection, settings, submission, contract)

    with monkeypatch.context() as patched:
        patched.setitem(ingest.STEPS, "stage", (states.RECEIVED, stage))
        done = [ingest.each("stage", ids) for _ in range(3)]
    assert [len(one.broken) for one in done] == [1, 1, 1]
    assert [row["status"] for row in ledger.describe(inbox.connection, ids)] == ["held", "staged"]
    held = ledger.describe(inbox.connection, ids)[0]
    assert held["hold_reason"] == "stage failed 3 times: ZeroDivisionError."
    way = f"was never judged, so nobody can approve it. Mend the cause and run `make replay SUBMISSION={ids[0]}`"
    assert way in done[-1].settled[0]
    assert way in ingest.questions([ids[0]])[0]["body"]
    # Nobody can let through what no rule looked at.
    with pytest.raises(states.NotAllowed, match="was never judged"):
        deciding.approve(inbox.settings, ids[0], **WHO)
    assert deciding.replay(inbox.settings, [ids[0]], **WHO) == {}
    assert {row["status"] for row in inbox.take_in(ED)} == {"accepted"}


def test_a_delivery_whose_step_is_killed_again_and_again_is_held_and_no_build_waits_for_it(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    for _ in range(3):
        with pytest.raises(Killed), killed_at("vrn.stage.staging._block"):
            ingest.each("stage", batch)
    ingest.each("stage", batch)
    (row,) = ledger.describe(inbox.connection, batch)
    assert (row["status"], "stage began 3 times and never came to an end" in row["hold_reason"]) == ("held", True)
    monkeypatch.setattr(build.time, "sleep", lambda _: pytest.fail("the build waited"))
    assert build.gather(is_due=True) == {}


@pytest.mark.parametrize(("step", "place"), [("stage", "vrn.stage.staging._block"), ("accept", "vrn.stage.raw.attach")])
def test_a_delivery_whose_step_was_killed_each_time_waits_for_a_person_when_the_run_is_over(inbox, step, place):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    for earlier in ("stage", "gate") if step == "accept" else ():
        ingest.each(earlier, batch)
    for _ in range(3):
        with pytest.raises(Killed), killed_at(place):
            ingest.each(step, batch)
    assert ingest.held([batch]) == []
    ingest.hold_killed([batch])
    assert ingest.held([batch]) == batch
    assert f"{step} began 3 times and never came to an end" in ledger.find(inbox.connection, batch[0])["hold_reason"]


def test_a_delivery_at_whose_last_try_a_worker_is_at_work_still_is_not_held_when_the_run_is_over(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    ingest.each("stage", batch)
    over = threading.Thread(target=ingest.hold_killed, args=([batch],))
    real = ingest.STEPS["gate"][1]

    def gate(*arguments):
        over.start()
        waiting.until(lambda: not over.is_alive() or waiting.at_a_lock(inbox.connection), "the end of the run waits for it")
        return real(*arguments)

    monkeypatch.setattr("vrn.ledger.moves.MOST_TRIES", 1)
    monkeypatch.setitem(ingest.STEPS, "gate", (states.STAGED, gate))
    done = ingest.each("gate", batch)
    over.join()
    assert ([one["status"] for one in done.results], ledger.find(inbox.connection, batch[0])["status"]) == (["passed"], "passed")


def test_what_the_database_refuses_as_data_refuses_the_delivery_without_its_text(inbox, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)

    def stage(connection, *_):
        connection.execute("select 'Zzyzx'::integer")

    send(inbox, attendances(inbox))
    monkeypatch.setitem(ingest.STEPS, "stage", (states.RECEIVED, stage))
    (row,) = inbox.take_in(ED)
    assert (row["status"], row["attempt"]) == ("refused", 1)
    assert "22P02" in row["status_reason"]
    assert "Zzyzx" not in row["status_reason"] + caplog.text + messages.path(inbox.settings, row).read_text()


@pytest.mark.parametrize("asks", ["vrn.gate.listing.Listing._put", "vrn.gate.few_passes.FewPasses.resolve_metric_bundle"])
def test_a_database_that_fails_while_it_is_asked_by_a_rule_refuses_no_file(inbox, monkeypatch, asks):
    def fails(self, *_, **__):
        with self.engine.begin() as connection:
            connection.execute(sa.text("do $$ begin raise 'no room' using errcode = 'disk_full'; end $$"))

    inbox.drop(STREET, "2020-02-lancashire-street.synthetic.csv", inbox.text(STREET, "2020-02"))
    (batch,) = ingest.take_in(STREET)
    ingest.each("stage", batch)
    with monkeypatch.context() as patched:
        patched.setattr(asks, fails)
        done = ingest.each("gate", batch)
    assert done.broken == ["2020-02-lancashire-street.synthetic.csv at gate: DiskFull (SQLSTATE 53100)"]
    assert [row["status"] for row in inbox.take_in(STREET)] == ["accepted"]


def test_a_person_who_refuses_a_delivery_while_a_step_is_at_work_on_it_is_not_overruled(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    ingest.each("stage", batch)
    real = ingest.STEPS["gate"][1]

    def gate(connection, settings, submission, contract):
        deciding.refuse(inbox.settings, batch[0], **WHO)
        return real(connection, settings, submission, contract)

    monkeypatch.setitem(ingest.STEPS, "gate", (states.STAGED, gate))
    done = ingest.each("gate", batch)
    assert done.results == []
    assert ledger.find(inbox.connection, batch[0])["status"] == "refused"
    assert own_tables(inbox, batch[0]) == []
    assert ingest.each("accept", batch).results == []


def test_a_verdict_on_an_attempt_that_a_replay_has_ended_is_no_verdict_on_the_next(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    ingest.each("stage", batch)
    real = ingest.STEPS["gate"][1]

    def gate(connection, settings, submission, contract):
        deciding.refuse(inbox.settings, batch[0], **WHO)
        deciding.replay(inbox.settings, batch, **WHO)
        return real(connection, settings, submission, contract)

    with monkeypatch.context() as patched:
        patched.setitem(ingest.STEPS, "gate", (states.STAGED, gate))
        done = ingest.each("gate", batch)
    row = ledger.find(inbox.connection, batch[0])
    assert (row["status"], row["attempt"], done.results) == ("received", 2, [])
    assert "is received (attempt 2) and not what the step began with" in done.settled[0]
    assert {one["status"] for one in inbox.take_in(ED)} == {"accepted"}


def test_a_step_that_fails_for_the_last_time_does_not_hold_the_attempt_that_a_person_began_meanwhile(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    ingest.each("stage", batch)

    def gate(*_):
        deciding.refuse(inbox.settings, batch[0], **WHO)
        deciding.replay(inbox.settings, batch, **WHO)
        raise ZeroDivisionError("of nobody's doing")

    monkeypatch.setattr("vrn.ledger.moves.MOST_TRIES", 1)
    monkeypatch.setitem(ingest.STEPS, "gate", (states.STAGED, gate))
    ingest.each("gate", batch)
    row = ledger.find(inbox.connection, batch[0])
    assert (row["status"], row["attempt"]) == ("received", 2)


def own_tables(inbox: Inbox, submission_id: int) -> list[str]:
    """What a delivery has of its own, in whatever schema."""
    found = inbox.connection.execute("select relname from pg_class where relname like %s", [f"%\\_\\_s{submission_id:06d}%"])
    return [row["relname"] for row in found]


def test_a_delivery_is_staged_when_its_reading_ended_and_not_when_it_began(inbox, home, monkeypatch):
    """A build waits for what moved lately, and a large file is read for many minutes."""
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    real, read = copying.copy, []

    def copy(*arguments):
        copied = real(*arguments)
        with connect(home, autocommit=True) as other:
            read.append(other.execute("select clock_timestamp() as at").fetchone()["at"])
        return copied

    monkeypatch.setattr("vrn.stage.copying.copy", copy)
    ingest.each("stage", batch)
    staged = ledger.find(inbox.connection, batch[0])
    assert (staged["status"], staged["moved_at"] > read[-1]) == ("staged", True)


def test_a_delivery_serves_from_the_moment_on_at_which_the_earlier_serves_no_more(inbox):
    first = taken(inbox, attendances(inbox, count=58))
    second = taken(inbox, attendances(inbox))
    last, serves = now(inbox, first), now(inbox, second)
    assert last["moved_at"] == last["superseded_at"] == serves["accepted_at"] == serves["moved_at"]
    deciding.withdraw(inbox.settings, second["submission_id"], **WHO)
    assert now(inbox, first)["moved_at"] == now(inbox, second)["moved_at"]


def test_nothing_is_kept_of_a_delivery_that_a_person_refuses_while_it_is_read(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    real = copying.copy

    def copy(*arguments):
        deciding.refuse(inbox.settings, batch[0], **WHO)
        return real(*arguments)

    monkeypatch.setattr("vrn.stage.copying.copy", copy)
    done = ingest.each("stage", batch)
    assert (done.broken, ledger.find(inbox.connection, batch[0])["status"]) == ([], "refused")
    assert own_tables(inbox, batch[0]) == []


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("gate", "vrn.gate.history.profile"),
        ("gate", "vrn.gate.set_aside.counted"),
        ("accept", "vrn.accept.serving.accept"),
    ],
)
def test_a_delivery_that_a_person_refuses_before_its_tables_are_read_is_no_failure(inbox, monkeypatch, step, place):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    for earlier in ("stage", "gate")[: list(ingest.STEPS).index(step)]:
        ingest.each(earlier, batch)
    module, name = place.rsplit(".", 1)
    real = getattr(import_module(module), name)

    def reads(*arguments):
        deciding.refuse(inbox.settings, batch[0], **WHO)
        return real(*arguments)

    monkeypatch.setattr(place, reads)
    done = ingest.each(step, batch)
    assert (done.results, done.broken, own_tables(inbox, batch[0])) == ([], [], [])
    assert "is refused (attempt 1) and not what the step began with" in done.settled[0]


@pytest.mark.parametrize("place", [1, 3], ids=["first", "third"])
def test_nothing_is_listed_of_a_delivery_that_a_person_refuses_before_a_list_is_made(inbox, monkeypatch, place):
    send_caseload(inbox)
    (batch,) = ingest.take_in(YOT)
    ingest.each("stage", batch)
    real, begun = Listing.begin, []

    def begin(self):
        begun.append(self.entity)
        if len(begun) == place:
            deciding.refuse(inbox.settings, batch[0], **WHO)
        real(self)

    monkeypatch.setattr(Listing, "begin", begin)
    done = ingest.each("gate", batch)
    assert (len(begun), done.results, done.broken, own_tables(inbox, batch[0])) == (place, [], [], [])
    assert "is refused (attempt 1) and not what the step began with" in done.settled[0]


def test_nothing_is_kept_of_a_delivery_that_a_person_refuses_while_its_batch_is_at_another(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    send(inbox, attendances(inbox, "2020-05"), "2020-05")
    (batch,) = ingest.take_in(ED)
    first, last = batch
    real = ingest.STEPS["stage"][1]

    def stage(connection, settings, submission, contract):
        if submission.submission_id == first:
            deciding.refuse(inbox.settings, last, **WHO)
        return real(connection, settings, submission, contract)

    monkeypatch.setitem(ingest.STEPS, "stage", (states.RECEIVED, stage))
    done = ingest.each("stage", batch)
    assert [row["status"] for row in ledger.describe(inbox.connection, batch)] == ["staged", "refused"]
    assert (done.broken, own_tables(inbox, last)) == ([], [])


# --- point 3 and 11: replay, approve, refuse


def test_a_replay_is_a_new_attempt_from_the_original_that_moves_no_file_and_never_goes_ahead_of_a_newer_extract(inbox):
    first = taken(inbox, attendances(inbox, count=58))
    second = taken(inbox, attendances(inbox))
    waits = inbox.drop(ED, "waits.part", "somebody writes this")
    assert deciding.replay(inbox.settings, [first["submission_id"]], **WHO) == {}
    assert [path.name for path in waits.parent.iterdir() if path.is_file()] == ["waits.part"]
    inbox.take_in(ED)
    assert (now(inbox, first)["status"], now(inbox, first)["attempt"]) == ("superseded", 2)
    assert (now(inbox, second)["status"], serving(inbox)) == ("accepted", 60)


def test_a_replay_of_what_serves_takes_its_rows_in_anew_and_if_it_is_refused_the_earlier_serves_again(inbox, monkeypatch):
    first = taken(inbox, attendances(inbox, count=58))
    second = taken(inbox, attendances(inbox))
    deciding.replay(inbox.settings, [second["submission_id"]], **WHO)
    assert (now(inbox, second)["status"], serving(inbox)) == ("received", 0)
    inbox.take_in(ED)
    assert (now(inbox, second)["status"], serving(inbox)) == ("accepted", 60)
    deciding.replay(inbox.settings, [second["submission_id"]], **WHO)
    deciding.refuse(inbox.settings, second["submission_id"], **WHO)
    assert (now(inbox, first)["status"], serving(inbox)) == ("accepted", 58)


def test_a_replay_by_feed_and_periods_takes_all_of_them(inbox):
    for month in ("2020-04", "2020-05", "2020-06"):
        taken(inbox, attendances(inbox, month), month)
    numbers = deciding.of_feed(inbox.settings, ED, "2020-05", "2020-06")
    assert deciding.replay(inbox.settings, numbers, **WHO) == {}
    assert {row["status"] for row in inbox.take_in(ED)} == {"accepted"}
    attempts = inbox.connection.execute("select attempt from ops.submission order by period_start").fetchall()
    assert [row["attempt"] for row in attempts] == [1, 2, 2]


def test_a_replay_that_was_killed_before_its_run_began_begins_the_run_when_it_is_said_again(inbox, capsys, monkeypatch):
    row = taken(inbox, attendances(inbox))
    said = ["replay", "--submission", str(row["submission_id"]), "--reason", "a rule was wrong"]
    of_all = ["replay", "--feed", ED, "--from", MONTH, "--until", MONTH, "--reason", "a rule was wrong"]
    with pytest.raises(Killed), killed_at("vrn.run.deciding.begin"):
        commands.main(said)
    begun = []
    monkeypatch.setattr(deciding, "begin", lambda _, dag_id: begun.append(dag_id) or "")
    assert [commands.main(said), commands.main(of_all)] == [0, 0]
    assert begun == [f"ingest__{ED}"] * 2
    assert now(inbox, row)["attempt"] == 2


def test_housekeeping_deletes_no_original_of_a_delivery_that_is_replayed_meanwhile(inbox, monkeypatch):
    row = taken(inbox, attendances(inbox))

    def past_retention(*_):
        assert deciding.replay(inbox.settings, [row["submission_id"]], **WHO) == {}
        return [row]

    monkeypatch.setattr(ledger, "past_retention", past_retention)
    assert retention.forget_originals() == 0
    assert landing.is_there(inbox.settings, row["submission_id"], row["file_name"])
    assert {one["status"] for one in inbox.take_in(ED)} == {"accepted"}


def test_a_replay_of_what_housekeeping_deletes_meanwhile_is_not_begun_and_what_serves_goes_on(inbox, monkeypatch):
    row = taken(inbox, attendances(inbox))
    real = agreement.covering

    def covering(*arguments, **named):
        landing.forget(inbox.settings, row["submission_id"])
        return real(*arguments, **named)

    monkeypatch.setattr(agreement, "covering", covering)
    (why,) = deciding.replay(inbox.settings, [row["submission_id"]], **WHO).values()
    assert "is not kept; ask the supplier to send it again" in why
    assert (now(inbox, row)["status"], serving(inbox)) == ("accepted", 60)


def test_an_approval_of_what_was_refused_says_what_to_do_instead(inbox):
    row = taken(inbox, wrong(attendances(inbox), 60, age="ten"))
    number = row["submission_id"]
    with pytest.raises(states.NotAllowed, match=f"`make replay SUBMISSION={number}`.*, or take in a corrected file"):
        deciding.approve(inbox.settings, number, **WHO)


def test_a_decision_that_comes_too_late_says_what_the_delivery_is_and_changes_nothing(inbox):
    row = taken(inbox, attendances(inbox))
    for decide in (deciding.approve, deciding.refuse):
        with pytest.raises(states.NotAllowed, match=f"Submission {row['submission_id']} is accepted"):
            decide(inbox.settings, row["submission_id"], **WHO)
    assert moves(inbox, row) == ["received", "staged", "passed", "accepted"]


@pytest.mark.parametrize("command", ["refuse", "approve", "withdraw", "replay"])
@pytest.mark.parametrize(
    ("said", "words"), [([], "SUBMISSION=7"), (["--submission", "7"], "Say why"), (["--submission", "x"], "SUBMISSION=7")]
)
def test_a_command_says_what_is_missing(home, capsys, command, said, words):
    reason = [] if words == "Say why" else ["--reason", "a test"]
    assert commands.main([command, *said, *reason]) == 1
    assert words in capsys.readouterr().err


def test_a_command_leaves_who_when_and_why(inbox, capsys, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "jo")
    row = taken(inbox, attendances(inbox))
    number = str(row["submission_id"])
    assert commands.main(["replay", "--submission", number, "--reason", "a rule was wrong"]) == 0
    assert f"replayed: {number}. Until they are accepted again they serve nothing." in capsys.readouterr().out
    assert commands.main(["refuse", "--submission", number, "--reason", "sent by mistake"]) == 0
    found = inbox.connection.execute(
        "select to_status, moved_by, reason from ops.submission_move where submission_id = %s order by move_id desc limit 2",
        [number],
    ).fetchall()
    assert [tuple(one.values()) for one in found] == [
        ("refused", "jo", "GEN-021: jo refused it: sent by mistake"),
        ("received", "jo", "a rule was wrong"),
    ]
    assert messages.path(inbox.settings, now(inbox, row)).exists()


# --- point 12: withdraw


def test_a_withdrawn_delivery_leaves_nothing_and_the_earlier_serves_again(inbox):
    first = taken(inbox, attendances(inbox, count=58))
    second = taken(inbox, wrong(attendances(inbox), 2, injury_group="no such group"))
    assert (second["status"], second["rows_quarantined"]) == ("accepted", 2)
    deleted = deciding.withdraw(inbox.settings, second["submission_id"], **WHO)
    assert deleted == {
        "raw.tiig_ed_attendance__attendance": 58,
        "quarantine.tiig_ed_attendance__attendance": 2,
        "persons.person_link": 0,
    }
    assert (now(inbox, second)["status"], now(inbox, first)["status"], serving(inbox)) == ("withdrawn", "accepted", 58)
    left = "select count(*) as n from quarantine.tiig_ed_attendance__attendance where submission_id = %s"
    assert inbox.connection.execute(left, [second["submission_id"]]).fetchone()["n"] == 0
    assert not landing.is_there(inbox.settings, second["submission_id"], second["file_name"])
    proof = inbox.connection.execute("select what, row_count from ops.deleted where submission_id = %s", [second["submission_id"]])
    assert {row["what"]: row["row_count"] for row in proof.fetchall()} == deleted | {"original": None}
    # Nobody can bring it back.
    (why,) = deciding.replay(inbox.settings, [second["submission_id"]], **WHO).values()
    assert "ask the supplier to send it again" in why


def test_an_original_that_a_crash_left_of_a_withdrawn_delivery_is_deleted_by_housekeeping(inbox, monkeypatch):
    row = taken(inbox, attendances(inbox))
    with monkeypatch.context() as patched:
        patched.setattr("vrn.receive.landing.empty", full)
        with pytest.raises(OSError, match="No space"):
            deciding.withdraw(inbox.settings, row["submission_id"], **WHO)
    assert landing.is_there(inbox.settings, row["submission_id"], row["file_name"])
    assert retention.forget_originals() == 1
    assert not landing.is_there(inbox.settings, row["submission_id"], row["file_name"])


@pytest.mark.parametrize("place", ["vrn.receive.landing.empty", "vrn.receive.landing.forget"])
def test_a_withdrawal_that_was_killed_after_the_original_was_deleted_leaves_the_proof_all_the_same(inbox, place):
    row = taken(inbox, attendances(inbox))
    with pytest.raises(Killed), killed_at(place, after=True):
        deciding.withdraw(inbox.settings, row["submission_id"], **WHO)
    retention.forget_originals()
    proof = "select count(*) as n from ops.deleted where submission_id = %s and what = 'original'"
    assert inbox.connection.execute(proof, [row["submission_id"]]).fetchone()["n"] == 1
    assert not landing.is_there(inbox.settings, row["submission_id"], row["file_name"])


# --- point 13: what a delivery may lose before a person looks


@pytest.mark.parametrize(
    ("bad", "status"), [(0, "accepted"), (6, "accepted"), (7, "held"), (30, "held"), (31, "refused"), (60, "refused")]
)
def test_a_delivery_is_held_or_refused_by_the_share_of_its_rows_that_is_set_aside(inbox, bad, status):
    row = taken(inbox, wrong(attendances(inbox), bad, injury_group="no such group"))
    assert row["status"] == status
    if bad > 6:
        assert f"{bad} of 60 rows of table 'attendance'" in row["status_reason"]
        assert "ED-033" in row["status_reason"]


def test_the_sentence_names_the_columns_that_could_not_be_read(inbox):
    row = taken(inbox, wrong(attendances(inbox), 60, age="ten"))
    assert row["status"] == "refused"
    assert "most of them by GEN-006" in row["status_reason"]
    assert "Cells by column: 'age' (" in row["status_reason"]


def test_the_sentence_says_in_which_form_a_date_is_expected(inbox):
    row = taken(inbox, wrong(attendances(inbox), 60, arrival_date="x"))
    assert "Cells by column: 'arrival_date' (60, to be written as yyyy-MM-dd)" in row["status_reason"]


@pytest.mark.parametrize(("count", "status"), [(48, "accepted"), (47, "held")])
def test_a_delivery_with_far_fewer_rows_than_the_one_that_it_replaces_is_held(inbox, count, status):
    first = taken(inbox, attendances(inbox))
    row = taken(inbox, attendances(inbox, count=count))
    assert row["status"] == status
    if status == "held":
        assert f"submission {first['submission_id']}, which it would replace, has 60" in row["hold_reason"]
        assert serving(inbox) == 60


def test_a_column_that_is_far_more_blank_than_usual_holds_the_delivery_by_name(inbox):
    for month in ("2020-04", "2020-05"):
        taken(inbox, [row | {"ethnic_category": "A"} for row in attendances(inbox, month)], month)
    row = taken(inbox, wrong([row | {"ethnic_category": "A"} for row in attendances(inbox)], 19, ethnic_category=""))
    assert row["status"] == "held"
    assert "'ethnic_category' (32% instead of 0%)" in row["hold_reason"]


# --- point 16: what changes what figures say announces itself to the build


def built(owner: psycopg.Connection, settings) -> None:
    """As if every layer had been built of the ledger as it is."""
    owner.execute("truncate ops.built_layer")
    for layer in LAYERS:
        made_of = "" if layer == build.REFERENCE else ledger.fingerprint(owner)
        row = [layer, build.codes(settings)[layer], made_of]
        owner.execute("insert into ops.built_layer (layer, code, ledger) values (%s, %s, %s)", row)


@pytest.mark.parametrize("what", ["accepted", "refused", "withdrawn", "replayed"])
def test_every_move_that_changes_what_figures_say_is_news_for_the_build_and_others_are_not(inbox, owner, what):
    one = taken(inbox, attendances(inbox))
    built(owner, inbox.settings)
    ids = [[one["submission_id"]]]
    assert not ingest.is_news(ids)
    assert not ingest.is_news([])
    if what == "accepted":
        taken(inbox, attendances(inbox, "2020-05"), "2020-05")
    elif what == "refused":
        assert taken(inbox, wrong(attendances(inbox, "2020-05"), 60, arrival_date="x"), "2020-05")["status"] == "refused"
    elif what == "withdrawn":
        deciding.withdraw(inbox.settings, one["submission_id"], **WHO)
    else:
        deciding.replay(inbox.settings, [one["submission_id"]], **WHO)
        inbox.take_in(ED)
    assert ingest.is_news(ids)
    built(owner, inbox.settings)
    send(inbox, attendances(inbox, count=58), "2020-04")
    assert not ingest.is_news(ids)


def test_two_builds_never_run_at_once(home, monkeypatch):
    monkeypatch.setattr(build, "take", lambda step: None)
    with build.alone(), psycopg.connect(home.conninfo("vrn_loader"), autocommit=True) as other:
        other.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            build.locks.for_session(other, build.locks.Job.BUILD)
    build.everything()


# --- the run's note


def test_a_note_begins_with_what_is_wrong_and_names_a_task_that_failed_before_any_delivery(inbox):
    taken(inbox, attendances(inbox, "2020-05"), "2020-05")
    row = taken(inbox, wrong(attendances(inbox), 60, arrival_date="x"))
    rows = sorted(
        inbox.connection.execute("select * from ops.submission").fetchall(), key=lambda one: notes.URGENCY.index(one["status"])
    )
    said = {one["submission_id"]: findings.of(inbox.connection, one["submission_id"]) for one in rows}
    note = notes.of_run(rows, said, ["fetch failed; its log says why"])
    assert note.startswith("- **fetch failed; its log says why**\n")
    assert f"{row['file_name']}: **refused**" in note.splitlines()[1]


def test_a_run_whose_register_failed_is_concluded_by_that_sentence(home):
    assert ingest.conclude([], f"ingest__{ED}", "a test", ["register failed; its log says why"]) == [
        "register failed; its log says why"
    ]


def test_a_disk_without_room_stops_before_a_delivery_is_touched(inbox, monkeypatch):
    send(inbox, attendances(inbox))
    (batch,) = ingest.take_in(ED)
    monkeypatch.setattr(ingest, "LEAST_FREE_BYTES", 1 << 60)
    with pytest.raises(HomeError, match="nothing was lost"):
        ingest.each("stage", batch)
    assert ledger.describe(inbox.connection, batch)[0]["tries"] == 0
    assert Path(inbox.settings.landing).exists()
