"""Event tables for evaluators: a project's own pseudonyms, the agreement's purpose checked, and nothing left when it ends."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
import yaml
from psycopg import errors, sql

from tests.submissions import came, empty_ledger, move
from tests.warehouses import copy_of
from vrn import __main__ as commands
from vrn.access import keys, rights
from vrn.access import roles as access
from vrn.errors import HomeError
from vrn.projects import pseudonyms, register, upkeep
from vrn.projects.tables import TABLES
from vrn.run import prepare, rotate
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import EVALUATOR, KEEPER, LINKER, LOADER, OWNER, SUPERUSER

# The database hides what is past by its own clock.
DAY = datetime.now(UTC).date()
PURPOSE = "evaluation-divert"
ASKED = ["recorded_crime", "marac_case", "divert_case", "youth_justice_reoffending", "child_in_need", "stop_search"]
HEX = re.compile(r"[0-9a-f]{64}")


def pid(word: str) -> str:
    """A pseudonym as the warehouse keeps it."""
    return hashlib.sha256(word.encode()).hexdigest()


ANN, BOB, LEE = pid("ann"), pid("bob"), pid("lee")
LEE_AT_YOT, LEE_AT_CARE = pid("lee at the youth offending team"), pid("lee at the council")
KEY_OF_LEE, KEY_OF_ANN = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def entry(name: str, **other) -> dict:
    return {
        "project": name,
        "title": "What became of those whom DIVERT met",
        "purpose": PURPOSE,
        "approved_by": "a synthetic board",
        "valid_from": DAY - timedelta(days=30),
        "valid_to": DAY + timedelta(days=30),
        "status": "active",
        "tables": ASKED,
    } | other


def agreed(feed: str, *suppliers: str, **other) -> dict:
    return {
        "agreement": f"DSA-{feed}",
        "suppliers": list(suppliers),
        "feed": feed,
        "purpose": PURPOSE,
        "legal_gateway": "Crime and Disorder Act 1998 s115",
        "controller": "A synthetic controller",
        "fields": ["any.column"],
        "valid_from": DAY - timedelta(days=100),
        "valid_to": DAY + timedelta(days=100),
        "status": "active",
    } | other


EVERY_AGREEMENT = (
    agreed("police_crime", "lancashire"),
    agreed("police_marac", "lancashire"),
    agreed("programme_divert", "lvrn"),
    agreed("yot_caseload", "lan", "bwd"),
    agreed("cin_census", "888"),
)


class Network:
    """A warehouse with a few events, and the two registers that say who may see them."""

    def __init__(self, settings: Settings, owner: psycopg.Connection):
        self.settings = settings
        self.owner = owner
        self.filled: set[str] = set()
        self.crime = 0
        self.agreements(*EVERY_AGREEMENT)

    def agreements(self, *entries: dict) -> None:
        self.settings.agreements.write_text(yaml.safe_dump(list(entries)))

    def projects(self, *entries: dict) -> None:
        self.settings.projects.write_text(yaml.safe_dump(list(entries)))

    def refresh(self, day: date = DAY, only: str | None = None) -> list[upkeep.Done]:
        prepare.projects(self.settings)
        return upkeep.refresh(self.settings, only, day)

    def open(self, *names: str, **other) -> None:
        self.projects(*(entry(name, **other) for name in names))
        assert [done.problem for done in self.refresh()] == [None] * len(names)

    def submission(self, feed: str, supplier: str, **other) -> int:
        row = {
            "feed": feed, "supplier": supplier, "file_name": f"{feed}-{supplier}", "sha256": pid(f"{feed} {supplier}"),
            "byte_count": 1, "is_synthetic": False, "status": "accepted", "period_start": DAY, "period_end": DAY,
            "rows_in_file": 1, "rows_accepted": 1, "rows_quarantined": 0, "rows_duplicate": 0,
        } | other  # fmt: skip
        return came(self.owner, row.pop("file_name"), **row)

    def empty(self) -> None:
        """All that a test left, but for the tables."""
        with connect(self.settings, LINKER, autocommit=True) as linker:
            linker.execute("truncate persons.person_link")
        self.owner.execute(f"truncate {', '.join(self.filled)}, ops.project, ops.project_build")
        empty_ledger(self.owner)
        self.owner.execute("delete from ops.key_fingerprint where name ^@ 'project_key_'")

    def insert(self, table: str, row: dict) -> None:
        self.owner.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.SQL(table),
                sql.SQL(", ").join(map(sql.Identifier, row)),
                sql.SQL(", ").join(sql.Placeholder() for _ in row),
            ),
            list(row.values()),
        )

    def event(self, model: str, submission: int, **row) -> None:
        self.filled.add(f"intermediate.{model}")
        known = {"known_from_on": DAY, "known_until_on": date(9999, 12, 31), "is_synthetic": False}
        self.insert(f"intermediate.{model}", known | {"submission_id": submission, "row_number": 77001} | row)

    def rows(self, project: str, table: str) -> list[dict]:
        """A table of a project, as the superuser sees it."""
        with connect(self.settings, SUPERUSER) as connection:
            return connection.execute(f"select * from project_{project}.{table} order by 1").fetchall()

    def decided(self, where: str = "superseded_at is null") -> dict[tuple, tuple]:
        found = self.owner.execute(f"select * from ops.project_build where {where}").fetchall()
        return {
            (row["project"], row["table_name"], row["supplier"]): (row["is_included"], row["row_count"], row["reason"])
            for row in found
        }

    def content(self, schema: str) -> dict[str, list[str]]:
        with connect(self.settings, SUPERUSER) as connection:
            tables = connection.execute(
                "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind = 'r'", [schema]
            ).fetchall()
            return {
                row["relname"]: [
                    one["t"] for one in connection.execute(f"select t::text as t from {schema}.{row['relname']} as t order by 1")
                ]
                for row in tables
            }


def fill(network: Network) -> None:
    """Lee is known to the police, the youth offending team and the council; Ann and Bob to the police alone."""
    crime = network.crime = network.submission("police_crime", "lancashire")
    flags = dict.fromkeys(
        (
            "is_homicide", "is_violence_with_injury", "is_violence_without_injury", "is_stalking_or_harassment",
            "is_serious_violence", "is_violence_against_the_person", "has_positive_outcome_in_six_months",
        ),
        False,
    )  # fmt: skip
    for ref, victim, suspect in (("CR/1", ANN, LEE), ("CR/2", BOB, LEE), ("CR/3", ANN, None)):
        network.event(
            "int_crime__recorded", crime, crime_ref=ref, incident_ref="IN/1", month_on=date(2026, 4, 1), recorded_on=DAY,
            occurred_from_at=f"{DAY} 23:17", ho_code="8N", area_code="E06000008", lsoa_code="E01012345", victim_pid=victim,
            suspect_pid=suspect, victim_age=34, age_band="30-34", sex="female", ethnicity="white", **flags,
        )  # fmt: skip
    # What is no longer known is not part of a project.
    network.event(
        "int_crime__recorded", crime, crime_ref="CR/OLD", victim_pid=ANN, known_from_on=DAY - timedelta(days=9), known_until_on=DAY
    )
    marac = network.submission("police_marac", "lancashire")
    network.event("int_marac__case", marac, marac_id="M/1", victim_pid=ANN, meeting_on=DAY, area_code="E06000008")
    divert = network.submission("programme_divert", "lvrn")
    network.event("int_divert__case", divert, case_key=pid("a case"), referred_on=DAY, area_code="E06000008")
    for team, child in (("lan", LEE_AT_YOT), ("bwd", pid("another child"))):
        yot = network.submission("yot_caseload", team)
        network.event(
            "int_youth_justice__reoffending", yot, person_pid=child, area_code="E06000008", cohort_on=DAY, reoffence_count=2,
            has_reoffended=True,
        )  # fmt: skip
    census = network.submission("cin_census", "888")
    network.event("int_social_care__child_in_need", census, child_pid=LEE_AT_CARE, area_code="E10000017", month_on=DAY)
    search = network.submission("police_stop_search", "lancashire")
    network.event("int_stop_search__search", search, searched_on=DAY, area_code="E06000008", object_of_search="Offensive weapons")
    with connect(network.settings, LINKER, autocommit=True) as linker:
        for key, feed, supplier, source in (
            (KEY_OF_LEE, "police_nominals", "lancashire", LEE),
            (KEY_OF_LEE, "yot_caseload", "lan", LEE_AT_YOT),
            (KEY_OF_LEE, "cin_census", "888", LEE_AT_CARE),
            (KEY_OF_ANN, "police_nominals", "lancashire", ANN),
        ):
            linker.execute(
                "insert into persons.person_link (person_key, service, feed, supplier, source_pid, linked_at) "
                "values (%s, 'x', %s, %s, %s, now())",
                [key, feed, supplier, source],
            )


@pytest.fixture(scope="module")
def warehouse_of_projects(built_server, tmp_path_factory) -> Iterator[Settings]:
    """A warehouse with every layer built, in which each test finds the same few events."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("projects"), patch, "built") as settings,
    ):
        # A copy of a database has its own list of who may connect.
        prepare.prepare(settings)
        yield settings


@pytest.fixture
def network(warehouse_of_projects) -> Iterator[Network]:
    settings = warehouse_of_projects
    with connect(settings, OWNER, autocommit=True) as owner:
        network = Network(settings, owner)
        fill(network)
        yield network
        network.projects()
        upkeep.refresh(settings, day=DAY)
        network.empty()
    # Roles are the server's, which other tests use too.
    with psycopg.connect(settings.conninfo(SUPERUSER), autocommit=True) as connection:
        for (role,) in connection.execute("select rolname from pg_roles where rolname ^@ 'vrn_evaluator_'").fetchall():
            connection.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(role)))
    for path in (*settings.secrets.glob("*vrn_evaluator_*"), *settings.secrets.glob("project_key_*"), settings.projects):
        path.unlink()


@contextmanager
def evaluator(network: Network, project: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(network.settings.conninfo(f"vrn_evaluator_{project}"), autocommit=True) as connection:
        yield connection


def test_one_person_is_one_pseudonym_across_the_services_of_a_project_and_another_in_every_other_project(network):
    network.open("alpha", "beta")
    lee = {}
    for project in ("alpha", "beta"):
        suspects = {row["suspect_id"] for row in network.rows(project, "recorded_crime")} - {None}
        children = {row["child_id"] for row in network.rows(project, "child_in_need")}
        reoffenders = {row["child_id"] for row in network.rows(project, "youth_justice_reoffending")}
        assert len(suspects) == 1
        assert suspects == children
        assert suspects < reoffenders
        lee[project] = suspects.pop()
        victims = {row["crime_id"]: row["victim_id"] for row in network.rows(project, "recorded_crime")}
        assert len(victims) == 3
        assert len(set(victims.values())) == 2
        assert {row["victim_id"] for row in network.rows(project, "marac_case")} < set(victims.values())
    assert lee["alpha"] != lee["beta"]


def test_two_projects_have_no_pseudonym_in_common_and_neither_has_one_in_common_with_the_warehouse(network):
    network.open("alpha", "beta", tables=list(TABLES))

    def words(*schemas: str) -> set[str]:
        """Every value that is as unlikely to be met by chance as a hash, or is one of the references of the test's events."""
        found = [text for schema in schemas for rows in network.content(schema).values() for text in rows]
        return {word for text in found for word in re.findall(r"[0-9a-f]{32,64}|[A-Z]+/\w+|77001", text)}

    alpha, beta = words("project_alpha"), words("project_beta")
    inside = words("intermediate", "persons")
    assert {ANN, BOB, LEE, LEE_AT_CARE, KEY_OF_LEE, "CR/1", "IN/1", "M/1", "77001", pid("a case")} <= inside
    assert len(alpha) == len(beta) >= 10
    assert all(HEX.fullmatch(word) for word in alpha | beta)
    assert not alpha & beta
    assert not (alpha | beta) & inside


def test_joining_two_projects_on_any_column_that_tells_rows_apart_finds_nothing(network):
    network.open("alpha", "beta")
    first, second = network.rows("alpha", "recorded_crime"), network.rows("beta", "recorded_crime")
    for column in first[0]:
        values = [row[column] for row in first]
        if len(set(values)) > 1:
            assert not {row[column] for row in second} & set(values) - {None}, column


def test_the_order_in_which_rows_lie_is_not_the_same_in_two_projects(network):
    for number in range(40):
        network.event("int_crime__recorded", network.crime, crime_ref=f"MORE/{number}", victim_age=number, recorded_on=DAY)
    network.open("alpha", "beta")
    with connect(network.settings, SUPERUSER) as connection:
        query = "select victim_age from project_{}.recorded_crime order by ctid"
        lie = [[row["victim_age"] for row in connection.execute(query.format(one))] for one in ("alpha", "beta")]
    assert sorted(lie[0], key=str) == sorted(lie[1], key=str)
    assert lie[0] != lie[1]


def test_a_pseudonym_is_a_keyed_hash_with_its_domain_and_no_plain_one(network):
    network.open("alpha")
    key = bytes.fromhex((network.settings.secrets / "project_key_alpha").read_text())
    assert len(key) == 32
    crimes = network.rows("alpha", "recorded_crime")

    def keyed(text: str) -> str:
        return hmac.new(key, text.encode(), "sha256").hexdigest()

    assert {row["suspect_id"] for row in crimes} == {keyed(f"person\x1f{KEY_OF_LEE}"), None}
    # Bob has no record of linkage.
    assert {row["victim_id"] for row in crimes} == {keyed(f"person\x1f{KEY_OF_ANN}"), keyed(f"pid\x1f{BOB}")}
    assert {row["crime_id"] for row in crimes} == {keyed(f"crime\x1fCR/{number}") for number in (1, 2, 3)}
    assert {row["incident_id"] for row in crimes} == {keyed("incident\x1fIN/1")}
    plain = {hashlib.sha256(text.encode()).hexdigest() for text in (BOB, f"pid\x1f{BOB}", "CR/1", "crime\x1fCR/1")}
    assert not plain & {value for row in crimes for value in row.values()}


def test_no_table_of_a_project_can_hold_what_would_lead_to_a_person_or_join_two_projects(network):
    network.open("alpha", tables=list(TABLES))
    with connect(network.settings, SUPERUSER) as connection:
        columns = connection.execute(
            "select table_name, column_name, data_type from information_schema.columns where table_schema = 'project_alpha'"
        ).fetchall()
        said = connection.execute(
            "select count(*) filter (where obj_description(oid) is null) as n from pg_class "
            "where relnamespace = 'project_alpha'::regnamespace and relkind = 'r'"
        ).fetchone()
    assert {row["table_name"] for row in columns} == set(TABLES)
    for row in columns:
        name = row["column_name"]
        assert not re.search(r"pid$|_ref$|_key$|submission|row_number|lsoa|postcode|birth|name|longitude|latitude|_at$|known", name)
        assert not row["data_type"].startswith(("timestamp", "time")), name
    assert said["n"] == 0


def test_an_evaluator_reads_the_own_project_and_what_dashboards_read_and_nothing_else(network):
    network.open("alpha", "beta")
    with evaluator(network, "alpha") as connection:
        assert connection.execute("select count(*) from recorded_crime").fetchone() == (3,)
        connection.execute("select * from publish.indicator_value limit 1")
        readable = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert {row[0].partition(".")[0] for row in readable} == {"project_alpha", "publish"}
        published = {row[0].partition(".")[2] for row in readable if row[0].startswith("publish.")}
        assert published <= set(access.BI_TABLES)
        for closed in (
            "project_beta.recorded_crime", "intermediate.int_crime__recorded", "persons.person_link", "raw.police_crime__crime",
            "quarantine.police_crime__crime", "staging.stg_police_crime__crime", "marts.fct_recorded_crime",
            "marts.fct_indicator_value", "publish.indicator_as_at('2026-01-01')", "ops.project_build", "ops.release_value",
            "linkage.yot_caseload__child",
        ):  # fmt: skip
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"select 1 from {closed}")
        for role in ("vrn_evaluator_beta", "vrn_evaluator", "vrn_owner", access.BI_READER):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"set role {role}")
        connection.execute("set default_transaction_read_only = off")
        for statement in (
            "create table mine (n integer)",
            "create table project_alpha.mine (n integer)",
            "create temporary table mine (n integer)",
            "delete from project_alpha.recorded_crime",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
        limits = {name: connection.execute(f"show {name}").fetchone()[0] for name in ("statement_timeout", "temp_file_limit")}
    assert limits == {"statement_timeout": "1min", "temp_file_limit": "2GB"}
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(network.settings.conninfo("vrn_evaluator_alpha", "postgres"))


def test_no_other_reader_sees_the_tables_of_a_project(network):
    network.open("alpha", tables=["recorded_crime"])
    for role in (EVALUATOR, access.ENGINEER, access.IG, LOADER):
        with psycopg.connect(network.settings.conninfo(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute("select 1 from project_alpha.recorded_crime")
    for role in (access.BI_READER, "vrn_analyst_bwd"):
        with psycopg.connect(network.settings.conninfo(role)) as connection, pytest.raises(errors.UndefinedTable):
            connection.execute("select 1 from project_alpha.recorded_crime")


def test_no_mart_has_a_pseudonym_of_a_person(network):
    """What vrn_evaluator reads of every supplier, whatever the purpose."""
    columns = network.owner.execute(
        "select table_name || '.' || column_name as name from information_schema.columns where table_schema in ('marts', 'publish')"
    ).fetchall()
    names = {row["name"] for row in columns}
    assert len(names) > 100
    assert not [name for name in names if re.search(r"pid$|person_key$|child_id$|victim_id$|suspect_id$|case_key$", name)]


def test_rows_under_an_agreement_without_the_purpose_are_left_out_and_it_is_said_why(network):
    network.agreements(
        agreed("police_crime", "lancashire"),
        agreed("police_marac", "lancashire", purpose="injury-surveillance"),
        agreed("programme_divert", "lvrn", status="withdrawn"),
        agreed("cin_census", "888", valid_to=DAY - timedelta(days=1)),
        agreed("yot_caseload", "lan"),
    )
    network.open("alpha")
    counts = {table: len(network.rows("alpha", table)) for table in ASKED}
    assert counts == dict.fromkeys(ASKED, 0) | {"recorded_crime": 3, "stop_search": 1}
    why = {(table, supplier): said for (_, table, supplier), said in network.decided().items()}
    assert why[("recorded_crime", "lancashire")] == (True, 3, "the agreement cites the purpose")
    assert why[("stop_search", "lancashire")] == (True, 1, "open licence")
    assert why[("marac_case", "lancashire")] == (False, 1, f"no agreement cites {PURPOSE}")
    assert why[("divert_case", "lvrn")] == (False, 1, f"the agreement that cites {PURPOSE} is withdrawn")
    assert why[("child_in_need", "888")][2].endswith(f"valid from {DAY - timedelta(days=100)} to {DAY - timedelta(days=1)}")
    # Reoffending of one team's child rests on what other teams deliver.
    assert why[("youth_justice_reoffending", "bwd")] == (False, 1, "no agreement is registered")
    assert why[("youth_justice_reoffending", "lan")] == (False, 1, "each row rests on all suppliers, and bwd may not be seen")
    assert set(network.decided()) == {("alpha", table, supplier) for table, supplier in why}


SINCE_THE_BUILD = {
    "superseded by a later one": (("superseded",), 1),
    "superseded, and serving again": (("superseded", "accepted"), 1),
    "withdrawn": (("withdrawn",), 0),
    "superseded and withdrawn": (("superseded", "withdrawn"), 0),
    "under replay": (("received",), 0),
    "replayed and held": (("received", "staged", "held"), 0),
    "replayed and refused": (("received", "refused"), 0),
    "replayed and accepted again": (("received", "staged", "passed", "accepted"), 1),
}


@pytest.mark.parametrize("what", SINCE_THE_BUILD)
def test_a_delivery_of_the_last_build_stands_until_the_next_unless_it_was_taken_back_since(network, what):
    network.open("alpha")
    assert len(network.rows("alpha", "divert_case")) == 1
    (built,) = network.owner.execute("select submission_id from ops.submission where feed = 'programme_divert'").fetchall()
    came_to, rows = SINCE_THE_BUILD[what]
    move(network.owner, built["submission_id"], *came_to)
    if "accepted" not in came_to:
        network.submission("programme_divert", "lvrn", file_name="a later one", sha256=pid("a later one"))
    assert [done.problem for done in network.refresh()] == [None]
    assert len(network.rows("alpha", "divert_case")) == rows
    assert network.decided()["alpha", "divert_case", "lvrn"] == (True, rows, "the agreement cites the purpose")


def test_an_agreement_of_another_supplier_covers_nobody_else(network):
    other = network.submission("cin_census", "889")
    network.event("int_social_care__child_in_need", other, child_pid=pid("x"), area_code="E06000008", month_on=DAY)
    network.open("alpha")
    assert [row["area_code"] for row in network.rows("alpha", "child_in_need")] == ["E10000017"]


def test_synthetic_deliveries_need_no_agreement(network):
    network.owner.execute("update ops.submission set is_synthetic = true")
    network.agreements()
    network.open("alpha")
    assert len(network.rows("alpha", "recorded_crime")) == 3
    assert {reason for _, _, reason in network.decided().values()} == {"synthetic"}


def test_a_project_that_no_agreement_covers_is_refused_with_the_agreements_that_it_would_need(network):
    network.agreements(agreed("police_crime", "lancashire", valid_to=DAY - timedelta(days=1)))
    network.projects(entry("alpha", tables=["recorded_crime", "youth_justice_outcome"]), entry("beta", tables=["stop_search"]))
    alpha, beta = network.refresh()
    assert f"cite the purpose {PURPOSE} for police_crime with lancashire; yot_caseload with" in alpha.problem
    assert beta.problem is None
    assert network.content("project_alpha") == {}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(network.settings.conninfo("vrn_evaluator_alpha"))
    assert network.decided()[("alpha", "recorded_crime", "lancashire")][0] is False


def test_a_project_that_is_refused_and_cannot_be_closed_is_said_to_be_both(network, monkeypatch):
    network.open("alpha", tables=["recorded_crime"])
    network.agreements(agreed("police_crime", "lancashire", valid_to=DAY - timedelta(days=1)))
    with monkeypatch.context() as patched:
        patched.setattr(upkeep.roles, "close", lambda keeper, *_: keeper.execute("select 1 / 0"))
        (alpha,) = network.refresh()
    assert "cite the purpose" in alpha.problem
    assert alpha.problem.endswith("DivisionByZero (SQLSTATE 22012). It may still be open, and the next run closes it.")


def test_a_purpose_that_no_agreement_cites_is_refused_with_those_that_are_cited(network):
    network.projects(entry("alpha", purpose="evaluation-divret", tables=["stop_search"]))
    (done,) = network.refresh()
    assert f"no agreement cites the purpose evaluation-divret; those registered cite {PURPOSE}" in done.problem
    assert network.content("project_alpha") == {}


ENDS = {
    "its last day has passed": {"valid_to": DAY - timedelta(days=1)},
    "it was withdrawn": {"status": "withdrawn"},
    "it was taken out of the register": None,
}


@pytest.mark.parametrize("how", ENDS)
def test_when_a_project_ends_its_role_cannot_sign_in_its_sessions_end_and_its_schema_is_gone(network, how):
    network.open("alpha", "beta")
    changed = [] if ENDS[how] is None else [entry("alpha", **ENDS[how])]
    network.projects(*changed, entry("beta"))
    with evaluator(network, "alpha") as connection:
        connection.execute("select count(*) from recorded_crime")
        done = {one.project: one for one in network.refresh()}
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert done["alpha"].closed_because
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(network.settings.conninfo("vrn_evaluator_alpha"))
    assert network.content("project_alpha") == {}
    assert {project for project, _, _ in network.decided()} == {"beta"}
    row = network.owner.execute("select closed_at, closed_because from ops.project where project = 'alpha'").fetchone()
    assert row["closed_at"] is not None
    assert row["closed_because"] == done["alpha"].closed_because
    assert len(network.rows("beta", "recorded_crime")) == 3
    # What was published of it stays, and so does what was once decided.
    assert ("alpha", "recorded_crime", "lancashire") in network.decided("superseded_at is not null")
    assert [one.project for one in network.refresh()] == ["beta"]


def test_when_an_agreement_ends_its_rows_go_with_the_next_run_and_the_rest_stays(network):
    network.open("alpha")
    network.agreements(*EVERY_AGREEMENT[1:])
    assert [done.problem for done in network.refresh()] == [None]
    assert network.rows("alpha", "recorded_crime") == []
    assert len(network.rows("alpha", "marac_case")) == 1
    history = network.owner.execute(
        "select is_included, superseded_at is null as holds from ops.project_build where table_name = 'recorded_crime' order by 1"
    ).fetchall()
    assert [(row["is_included"], row["holds"]) for row in history] == [(False, True), (True, False)]


def test_after_the_last_day_rows_are_hidden_and_nobody_signs_in_even_if_no_run_came(network):
    yesterday = DAY - timedelta(days=1)
    network.agreements(agreed("police_crime", "lancashire", valid_to=yesterday), agreed("police_marac", "lancashire", valid_to=DAY))
    # A day more than the rows have: it may be past midnight when alpha signs in.
    alpha, beta = entry("alpha", valid_to=DAY + timedelta(days=1)), entry("beta", valid_to=yesterday, tables=["stop_search"])
    network.projects(alpha, entry("beta", tables=["stop_search"]))
    prepare.projects(network.settings)
    network.projects(alpha, beta)
    network.refresh(yesterday)
    until = network.owner.execute(
        "select (rolvaliduntil at time zone 'UTC')::text as ends from pg_roles where rolname ^@ 'vrn_evaluator_' order by rolname"
    ).fetchall()
    assert [row["ends"] for row in until] == [f"{DAY + timedelta(days=2)} 00:00:00", f"{DAY} 00:00:00"]
    with evaluator(network, "alpha") as connection:
        shown = "select count(*), (now() at time zone 'UTC')::date from marac_case"
        assert connection.execute(shown).fetchone() in [(1, DAY), (0, DAY + timedelta(days=1))]
        for trick in ("set timezone = 'Pacific/Midway'", "set timezone = 'UTC+99'", "set row_security = on"):
            connection.execute(trick)
            assert connection.execute("select count(*) from recorded_crime").fetchone() == (0,)
    assert len(network.rows("alpha", "recorded_crime")) == 3
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(network.settings.conninfo("vrn_evaluator_beta"))


def test_a_second_run_changes_nothing(network):
    network.open("alpha")

    def state() -> tuple:
        with psycopg.connect(network.settings.conninfo(SUPERUSER)) as connection:
            log = connection.execute("select * from ops.access_log order by 1").fetchall()
            has = rights.given(connection)
        built = network.owner.execute("select * from ops.project_build order by 1, 2, 3, 4").fetchall()
        opened = network.owner.execute("select * from ops.project").fetchall()
        key = (network.settings.secrets / "project_key_alpha").read_text()
        return network.content("project_alpha"), log, has, built, opened, key

    before = state()
    assert [done.problem for done in network.refresh()] == [None]
    assert state() == before
    with psycopg.connect(network.settings.conninfo(SUPERUSER)) as connection:
        assert rights.given(connection) == rights.declared(connection, network.settings)


def test_a_right_on_a_project_that_was_given_by_hand_is_taken_away(network):
    network.open("alpha", "beta")
    network.owner.execute("grant usage on schema project_beta to vrn_evaluator_alpha")
    network.owner.execute("grant select on project_beta.recorded_crime to vrn_evaluator_alpha")
    with psycopg.connect(network.settings.conninfo(SUPERUSER), autocommit=True) as connection:
        taken = {(action, right.role, right.schema) for action, right in rights.apply(connection, network.settings)}
    assert taken == {("revoked", "vrn_evaluator_alpha", "project_beta")}


def test_a_run_that_fails_half_way_leaves_the_old_tables_and_holds_up_no_other_project(network, monkeypatch):
    network.open("alpha", "beta")
    before, decided = network.content("project_alpha"), network.decided()
    network.event("int_crime__recorded", network.crime, crime_ref="CR/4", victim_pid=BOB, recorded_on=DAY)
    real = pseudonyms.fill

    def dies(connection, key):
        if key == pseudonyms.key_of(network.settings, "alpha"):
            real(connection, key)
            connection.execute("select 1 / 0")
        return real(connection, key)

    with monkeypatch.context() as patched:
        patched.setattr(pseudonyms, "fill", dies)
        alpha, beta = network.refresh()
    assert (alpha.problem, beta.problem) == ("Project alpha: DivisionByZero (SQLSTATE 22012). Its tables are as they were.", None)
    assert network.content("project_alpha") == before
    with evaluator(network, "alpha") as connection:
        assert connection.execute("select count(*) from recorded_crime").fetchone() == (3,)
    assert {key: said for key, said in network.decided().items() if key[0] == "alpha"} == {
        key: said for key, said in decided.items() if key[0] == "alpha"
    }
    assert len(network.rows("beta", "recorded_crime")) == 4
    assert [done.problem for done in network.refresh()] == [None, None]
    assert len(network.rows("alpha", "recorded_crime")) == 4


def test_a_project_that_cannot_be_closed_is_said_and_holds_up_no_other(network, monkeypatch):
    network.open("alpha", "beta", "gamma")
    network.projects(entry("gamma"))
    real = upkeep.roles.close

    def dies(keeper, owner, name):
        if name == "alpha":
            keeper.execute("select 1 / 0")
        real(keeper, owner, name)

    with monkeypatch.context() as patched:
        patched.setattr(upkeep.roles, "close", dies)
        done = {one.project: one for one in network.refresh()}
    why = "Project alpha: DivisionByZero (SQLSTATE 22012). It may still be open, and the next run closes it."
    assert (done["alpha"].problem, done["beta"].problem, done["gamma"].problem) == (why, None, None)
    assert (network.content("project_beta"), len(network.rows("gamma", "recorded_crime"))) == ({}, 3)
    network.refresh()
    assert network.content("project_alpha") == {}


def test_a_reader_in_the_middle_of_a_run_sees_the_old_tables_whole(network, monkeypatch):
    network.open("alpha")
    seen = []
    real = pseudonyms.fill

    def meanwhile(connection, key):
        filled = real(connection, key)
        with evaluator(network, "alpha") as reader:
            seen.append(reader.execute("select count(*) from recorded_crime").fetchone())
        return filled

    monkeypatch.setattr(pseudonyms, "fill", meanwhile)
    network.refresh()
    assert seen == [(3,)]


@pytest.mark.parametrize("other", [None, "ab" * 32])
def test_a_project_whose_key_is_missing_or_another_keeps_what_it_had_and_holds_up_no_other(network, other):
    """Issue 13, point 8: a lost key was silently made anew, and every pseudonym was another one."""
    network.open("alpha", "beta")
    before, path = network.content("project_alpha"), network.settings.secrets / "project_key_alpha"
    path.unlink()
    if other is not None:
        path.write_text(other)
    alpha, beta = network.refresh()
    assert f"The key 'project_key_alpha' {'is not in' if other is None else 'in'} {network.settings.secrets}" in alpha.problem
    assert "make rotate-key KEY=project_key_alpha" in alpha.problem
    assert beta.problem is None
    assert network.content("project_alpha") == before
    assert path.exists() == (other is not None)


def test_a_key_said_to_be_lost_gives_new_pseudonyms(network):
    network.open("alpha")
    before = network.rows("alpha", "recorded_crime")
    (network.settings.secrets / "project_key_alpha").unlink()
    assert "every pseudonym in its tables is another one" in rotate.rotate(network.settings, "project_key_alpha", {})
    network.refresh()
    after = network.rows("alpha", "recorded_crime")
    assert len(after) == len(before)
    for column in TABLES["recorded_crime"].pseudonyms:
        assert not {row[column] for row in before} & {row[column] for row in after} - {None}


def test_a_project_that_is_new_in_the_register_waits_for_its_role(network):
    network.projects(entry("alpha"))
    with connect(network.settings, OWNER, autocommit=True) as owner:
        keys.renew(owner, network.settings, "project_key_alpha", "ab" * 32)
    (done,) = upkeep.refresh(network.settings, day=DAY)
    assert "the role vrn_evaluator_alpha is not there yet" in done.problem
    assert "make project" in done.problem


def test_batches_change_no_pseudonym(network, monkeypatch):
    network.open("alpha")
    before = network.content("project_alpha")
    monkeypatch.setattr(pseudonyms, "BATCH", 1)
    network.refresh()
    assert network.content("project_alpha") == before


def test_the_key_is_in_its_secret_file_and_nowhere_else(network, capsys):
    roles = (OWNER, KEEPER, SUPERUSER)
    with psycopg.connect(network.settings.conninfo(SUPERUSER), autocommit=True) as connection:
        # The server is made to tell all that it is told: what services say is not logged otherwise.
        for role in roles:
            for setting, value in (("log_statement", "all"), ("log_min_messages", "log"), ("log_parameter_max_length", "-1")):
                connection.execute(f"alter role {role} in database {network.settings.database} set {setting} = '{value}'")
        try:
            network.open("alpha")
            assert commands.main(["project"]) == 0
        finally:
            for role in roles:
                connection.execute(f"alter role {role} in database {network.settings.database} reset all")
        path = network.settings.secrets / "project_key_alpha"
        key = path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
        tables = connection.execute(
            "select oid::regclass::text from pg_class "
            "where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^pg_toast'"
        ).fetchall()
        assert len(tables) > 100
        for (table,) in tables:
            found = connection.execute(f"select 1 from {table} as t where t::text like %s limit 1", [f"%{key}%"]).fetchone()
            assert found is None, table
    said = capsys.readouterr()
    assert key not in said.out + said.err
    # The tests' server has its log and its secrets below one folder.
    files = {
        one: one.read_bytes() for one in network.settings.secrets.parent.rglob("*") if one.is_file() and "base" not in one.parts
    }
    assert [one for one, content in files.items() if key.encode() in content] == [path]
    told = [one for one, content in files.items() if b"create temporary table pseudonym" in content]
    assert network.settings.secrets.parent / "logs" in {parent for one in told for parent in one.parents}


def test_the_command_says_what_each_project_may_see(network, capsys, monkeypatch):
    day = {"valid_from": date(2020, 1, 1), "valid_to": date(2999, 12, 31)}
    network.agreements(agreed("police_crime", "lancashire", **day))
    network.projects(entry("alpha", tables=["recorded_crime", "marac_case"], **day), entry("beta", tables=["marac_case"], **day))
    assert commands.main(["project", "alpha"]) == 0
    said = capsys.readouterr().out
    assert "alpha: open" in said
    assert "recorded_crime: police_crime of lancashire: 3 rows included: the agreement cites the purpose" in said
    assert "marac_case: police_marac of lancashire: 1 rows left out: no agreement is registered" in said
    assert "beta" not in said
    assert commands.main(["project"]) == 1
    assert "Project beta is refused" in capsys.readouterr().err
    with pytest.raises(HomeError, match="Project beta is refused"):
        upkeep.keep_up(network.settings)
    network.projects(entry("alpha", valid_from=date(2998, 12, 31), valid_to=date(2999, 12, 31)))
    for _ in range(2):
        assert commands.main(["project", "alpha"]) == 0
        assert "alpha: closed: it is valid from 2998-12-31 to 2999-12-31" in capsys.readouterr().out
    assert commands.main(["project", "gamma"]) == 1
    assert "has no project gamma" in capsys.readouterr().err


BAD = {
    "no YAML": ("- project: [", "is not YAML"),
    "no list": ("project: alpha\n", "is not a list"),
    "a word": ("- alpha\n", "it is not a project"),
    "no end": (entry("alpha") | {"valid_to": None}, "no day .* under valid_to"),
    "a key left out": ({key: value for key, value in entry("alpha").items() if key != "approved_by"}, "has no approved_by"),
    "a key that is none": (entry("alpha", lsoa=True), "a key that is none: lsoa"),
    "a name for a path": (entry("../alpha"), "needs a name"),
    "a name with a capital": (entry("Alpha"), "needs a name"),
    "a name too long": (entry("a" * 32), "needs a name"),
    "an end before the beginning": (entry("alpha", valid_to=date(2020, 1, 1)), "ends before it begins"),
    "a status that is none": (entry("alpha", status="open"), "a status that is none"),
    "a table that is none": (entry("alpha", tables=["person_link"]), "asks for person_link"),
    "no tables": (entry("alpha", tables=[]), "lists no tables"),
    "no purpose": (entry("alpha", purpose=" "), "no words under purpose"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_register_that_is_wrong_says_what_to_mend(tmp_path, kind):
    said, words = BAD[kind]
    settings = Settings(home=tmp_path)
    settings.projects.write_text(said if isinstance(said, str) else yaml.safe_dump([said]))
    projects, (mistake,) = register.read(settings)
    assert projects == []
    assert re.match(rf"projects\.yaml, line \d+, (entry 1|the register).*{words}", mistake.told), mistake.told
    assert mistake.told.endswith("This project stays as it is until that is mended.")


def test_without_a_register_there_is_no_project_and_one_that_is_no_list_opens_and_closes_nothing(network):
    assert network.refresh() == []
    network.open("alpha", tables=["stop_search"])
    network.settings.projects.write_text("project: alpha\n")
    assert [one.problem for one in network.refresh()] == [
        "projects.yaml, line 1, the register: it is not a list of entries, each of which begins with a dash. "
        "This project stays as it is until that is mended."
    ]
    assert len(network.rows("alpha", "stop_search")) == 1


def test_an_entry_with_a_mistake_stops_its_own_project_and_no_other(network):
    """Issue 13, point 6: what is open of it stays open, a project beside it is opened, and one that ended is closed."""
    network.open("alpha", tables=["stop_search"])
    network.projects(entry("alpha", tables=["stop_search"], valid_to="31/12/2027"), entry("beta", tables=["stop_search"]))
    done = {one.project: one for one in network.refresh()}
    assert "entry 1 (alpha): it has no day (like 2026-04-01) under valid_to" in done["alpha"].problem
    assert done["beta"].problem is None
    assert len(network.rows("alpha", "stop_search")) == len(network.rows("beta", "stop_search")) == 1
    network.projects(entry("alpha", valid_to="31/12/2027"), entry("beta", status="withdrawn"))
    assert {one.project: one.closed_because for one in network.refresh()} == {"alpha": None, "beta": "it is withdrawn"}


def test_every_model_of_the_list_has_the_columns_that_are_asked_of_it_and_every_feed_is_one(network):
    feeds = {path.name.removesuffix(".odcs.yaml") for path in (REPOSITORY / "expectations").glob("*.odcs.yaml")}
    for name, table in TABLES.items():
        there = network.owner.execute(
            "select column_name from information_schema.columns where table_schema = 'intermediate' and table_name = %s",
            [table.model],
        ).fetchall()
        wanted = {re.match(r"\w+", one)[0] for one in table.keep}
        wanted |= {column for column, _ in (*table.persons.values(), *table.references.values())}
        assert wanted | {"submission_id", "known_until_on"} <= {row["column_name"] for row in there}, name
        assert set(table.feeds) <= feeds, name
        # A column of the model that would join two projects is a pseudonym or is not there.
        assert not {"submission_id", "row_number"} & set(table.kept), name
