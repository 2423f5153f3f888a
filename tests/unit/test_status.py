"""`make status`: one screen that says how a home is, whatever of it is away (issue 13, part G)."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import psycopg
import pytest
from rich.console import Console

from tests import submissions
from tests.airflow import Airflow, answered
from tests.ports import free_port
from vrn.access import accounts
from vrn.build import steps as build
from vrn.errors import SecretMissing
from vrn.ledger import store as ledger
from vrn.publish import readers
from vrn.receive import problems
from vrn.run import prepare
from vrn.run.local import airflow, inbox, not_taken, services, status
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR

STREET = "police_street_crime"
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def said(home, monkeypatch):
    """What the command prints of a home whose services are as a test says; the warehouse is a real one."""
    states = dict.fromkeys(["PostgreSQL", *(f"{services.AIRFLOWS}{name}" for name in airflow.PROCESSES)], services.RUNNING)
    api = Airflow()
    for module in (status, not_taken):
        monkeypatch.setattr(module, "AirflowApi", lambda _: api)
    monkeypatch.setattr(
        services,
        "of",
        lambda settings: [services.Service(name, state, NOON, settings.logs / "a.log") for name, state in states.items()],
    )

    def printed(settings: Settings = home, width: int = 80) -> tuple[list[str], str]:
        """The lines of the screen, and the same as one text without line breaks."""
        screen = io.StringIO()
        status.show(settings, Console(file=screen, width=width, highlight=False))
        return [line.rstrip() for line in screen.getvalue().splitlines()], " ".join(screen.getvalue().split())

    printed.states, printed.airflow = states, api
    return printed


def whole(owner, home: Settings) -> None:
    owner.execute("truncate ops.built_layer")
    for layer, code in build.codes(home).items():
        built_from = "" if layer == build.REFERENCE else ledger.fingerprint(owner)
        owner.execute("insert into ops.built_layer values (%s, %s, %s)", [layer, code, built_from])
    owner.execute(
        "insert into ops.step (step, started_at, finished_at, is_success) values ('dbt publish', %s, %s, true)", [NOON, NOON]
    )


def test_a_role_that_changed_itself_is_named_with_what_puts_it_right(said, home):
    """Issue 16, an attacker's finding 6."""
    prepare.prepare(home)
    assert "Roles" not in said()[1]
    with psycopg.connect(home.conninfo(EVALUATOR), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("alter role vrn_evaluator set statement_timeout = '1ms'")
        connection.execute("alter role vrn_evaluator password 'nobody knows'")
    try:
        told = "Roles vrn_evaluator changed its password and settings; the next build puts that right, and `make readers` now"
        assert told in said()[1]
    finally:
        accounts.restore(home)
    assert "Roles" not in said()[1]


def test_a_home_in_which_all_is_well_fits_a_screen_of_80_by_24(said, home, owner):
    submissions.came(owner, "a.csv", status="accepted", period_start="2020-01-01", rows_in_file=0, rows_accepted=0,
        rows_quarantined=0, rows_duplicate=0)  # fmt: skip
    whole(owner, home)
    owner.execute(
        "insert into ops.release (release_id, released_at, git_revision, project_code, note, is_synthetic) "
        "values ('2026-11-28-1', %s, 'a', 'b', 'for the board', true)",
        [NOON],
    )
    lines, text = said()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    noon = f"{NOON.astimezone():%Y-%m-%d %H:%M}"
    for part in (
        f"PostgreSQL running since {noon}, port {home.pg_port}",
        f"Airflow running since {noon}, port {home.airflow_port} (api-server, scheduler, dag-processor, triggerer)",
        "Inbox nothing waits",
        "Under way nothing",
        "Held nothing",
        "Refused nothing",
        f"Build last whole on {noon}; what is there is built",
        f"Release 2026-11-28-1, {noon}: for the board",
    ):
        assert part in text


def test_what_is_wrong_is_said_each_with_its_reason(said, home, owner):
    said.states[f"{services.AIRFLOWS}scheduler"] = services.DEAD
    said.airflow.health["dag_processor"] = {"status": "unhealthy"}
    said.airflow.paused = {"build_outcomes"}
    said.airflow.import_errors = {"ingest.py": "SyntaxError: not closed"}
    for place in (f"{STREET}/a.csv", f"{STREET}/b.csv", "street.csv"):
        path = home.inbox / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    submissions.came(owner, "staged.csv", status="staged")
    for number in range(12):
        submissions.came(owner, f"refused[{number}].csv", status="refused", period_start="2020-01-01")
    submissions.came(owner, "held.csv", status="held")
    _, text = said(width=130)
    for part in (
        "scheduler DEAD (started",
        "dag-processor gives no sign of life",
        "build_outcomes is switched off",
        "Airflow cannot read dags/ingest.py, line 7: SyntaxError: not closed",
        f"Inbox {STREET}: 2 wait",
        "Not taken inbox/street.csv: it lies beside the feeds' folders.",
        f"Under way {STREET}: 1 staged",
        f"{STREET} held.csv: a test",
        f"{STREET} refused[11].csv: a test",
        "and 2 more before these (ops.submission)",
        "Build never whole. Nothing was built yet",
        "Release none yet",
    ):
        assert part in text
    assert text.count("refused[") == 10


def test_what_waits_for_a_person_is_named_however_many_were_refused_since(said, owner):
    """The last ten of both were asked for together, and it said: Held nothing."""
    waiting = submissions.came(owner, "held.csv", status="held")
    for number in range(11):
        submissions.came(owner, f"refused{number}.csv", status="refused")
    _, text = said(width=130)
    assert f"{STREET} held.csv: a test" in text
    # And what a person may do: in this ledger nothing was judged.
    assert f"Mend the cause and run `make replay SUBMISSION={waiting}`, or `make refuse SUBMISSION={waiting}`." in text
    assert "Held nothing" not in text
    assert text.count(" more before these") == 1


def test_what_could_not_be_taken_is_said_of_feeds_and_of_archives(said, home):
    """It said that nothing waits, and nothing of an archive that was put aside."""
    problems.keep(home, STREET, ["a.csv could not be taken in: Permission denied."])
    problems.keep(home, problems.ARCHIVES, ["The archive b.zip was put into refused/ and nothing of it was taken: it is cut off."])
    _, text = said(width=130)
    assert "Not taken a.csv could not be taken in: Permission denied." in text
    assert "The archive b.zip was put into refused/ and nothing of it was taken: it is cut off." in text


def test_whether_a_feed_was_fetched_is_not_passed_over_where_airflow_does_not_tell(said, home, monkeypatch):
    fetched = inbox.Feed("police_crime", "police_crime", is_fetched=True)
    monkeypatch.setattr(inbox, "feeds", lambda _: {fetched.name: fetched})
    said.airflow.failed = {"ingest__police_crime": [("fetch", "RemoteError", "The server refused our login.")]}
    assert "Not taken police_crime: `fetch` of ingest__police_crime failed: The server refused our login." in said(width=130)[1]
    said.airflow.trouble = answered(500)
    told = "Not taken whether police_crime could be fetched is not known, because Airflow answered 500."
    assert told in said(width=130)[1]


def test_what_a_build_could_not_make_is_named(said, home, owner):
    whole(owner, home)
    owner.execute(
        "insert into ops.dbt_result (invocation_id, layer, node_id, resource_type, status, seconds, finished_at) values "
        "('1', 'marts', 'model.vrn.dim_area', 'model', 'error', 1, '2026-01-01'), "
        "('2', 'marts', 'model.vrn.dim_area', 'model', 'success', 1, '2026-01-02'), "
        "('2', 'marts', 'model.vrn.fct_crime', 'model', 'error', 1, '2026-01-02'), "
        "('2', 'marts', 'test.vrn.never_null_dim_area.1f0a', 'test', 'fail', 1, '2026-01-02')"
    )
    assert "what is there is built failed at model fct_crime, test never_null_dim_area Release" in said()[1]


def test_without_a_warehouse_the_rest_is_said(said, home):
    said.states["PostgreSQL"] = services.STOPPED
    away = Settings(home=home.home, pg_port=free_port(), airflow_port=home.airflow_port)
    _, text = said(away)
    assert "PostgreSQL not running (`make up` starts it)" in text
    assert f"Warehouse does not answer at port {away.pg_port}" in text
    assert "Inbox nothing waits" in text


def test_an_airflow_that_answers_and_refuses_is_not_called_away(said, home):
    said.airflow.trouble = answered(401)
    assert f"triggerer) refused the sign-in (401), port {home.airflow_port}" in said()[1]


def test_a_password_of_airflow_that_is_lost_is_not_called_an_airflow_that_is_away(said, monkeypatch):
    def lost(_):
        raise SecretMissing("The key 'airflow_admin_password' is not there.")

    fetched = inbox.Feed("police_crime", "police_crime", is_fetched=True)
    monkeypatch.setattr(inbox, "feeds", lambda _: {fetched.name: fetched})
    for module in (status, not_taken):
        monkeypatch.setattr(module, "AirflowApi", lost)
    assert "triggerer) The key 'airflow_admin_password' is not there." in said()[1]


def test_without_airflow_the_rest_is_said(said, home):
    said.airflow.trouble = ConnectionRefusedError("refused")
    _, text = said()
    assert f"triggerer) does not answer (refused), port {home.airflow_port}" in text
    assert "Under way nothing" in text


MAY_BE = "Under way a build of the outcomes, a release, or the filling of the database of readers"


def test_a_build_that_is_under_way_is_said_and_one_that_ended_is_not(said):
    with build.alone():
        assert MAY_BE in said()[1]
    assert "Under way nothing" in said()[1]


def test_the_filling_of_the_database_of_readers_is_not_called_a_build(said, home, monkeypatch):
    """It has the lock of builds, and that is all that anybody sees of it."""
    seen = []
    # This home has no database of readers.
    monkeypatch.setattr(readers, "connect", lambda settings, role, **_: connect(settings, role))
    # It is the first that is asked once the lock is taken.
    monkeypatch.setattr(readers.shapes, "of", lambda *_: seen.append(said()[1]) or {})
    monkeypatch.setattr(readers, "_has_schema", lambda _: True)
    monkeypatch.setattr(readers, "_tables", lambda _: [])
    readers.fill(home)
    assert MAY_BE in seen[0]


def test_a_service_of_a_deployment_does_not_call_the_others_stopped(said, monkeypatch):
    monkeypatch.setenv("VRN_AIRFLOW_URL", "http://api-server:8080")
    _, text = said()
    assert "Services `docker compose ps` says what runs Inbox" in text
    assert "PostgreSQL" not in text


def test_a_home_that_is_not_there_is_said(said, tmp_path):
    nowhere = Settings(home=tmp_path / "nowhere", pg_port=1, airflow_port=2)
    assert "is not there yet; `make run` makes it" in said(nowhere)[1]
