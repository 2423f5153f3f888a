"""The pages for partners' tools, followed word for word by programs that are at hand (issue 16, D).

Only what cannot be the same in a test is put in: the port, the password, and the name of the test's own database.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from tests.releases import defined
from tests.warehouses import open_to_readers
from vrn.access.roles import ROLES, Role
from vrn.run.local import postgres
from vrn.settings import BI_READER, PORTS, REPOSITORY, Settings

FOLDER = REPOSITORY / "docs" / "connect"
PAGES = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
DATABASE, PORT = "warehouse_readers", str(PORTS["VRN_PG_PORT"])
ANALYST = "vrn_analyst_bwd"
# `make env` as the page has it, without make: it would look whether everything is installed.
MAKE = 'make() { [ "$1" = env ] && "$PYTHON" -m vrn env --role "${2#ROLE=}"; }\n'


@pytest.fixture
def opened(built_server, home: Settings, owner: psycopg.Connection) -> Settings:
    defined(owner, "indicator", indicator_id="V06")
    open_to_readers(home)
    return home


def here(text: str, settings: Settings) -> str:
    """What a page says, of the test's own server."""
    password = settings.password(BI_READER)
    return text.replace(DATABASE, settings.readers_database).replace(PORT, str(settings.pg_port)).replace("PASSWORD", password)


def test_every_page_names_the_database_of_readers_and_no_other():
    assert Settings(home=Path("/nowhere")).database_of(BI_READER) == DATABASE
    named = {
        name: set(re.findall(r"database(?: name)? (?:\| )?`(\w+)`|54318[:/](\w+)", text, re.IGNORECASE))
        for name, text in PAGES.items()
    }
    assert {name for name, found in named.items() if found} == set(PAGES)
    for name, found in named.items():
        assert {one for pair in found for one in pair if one} - {"127"} == {DATABASE}, name


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_how_many_connections_a_role_has(page):
    of_all = next(role.connections for role in ROLES if role.name == BI_READER)
    assert (of_all, Role.connections) == (20, 5)
    assert re.search(r"\bfive\b", PAGES[page])
    assert page in ("excel", "metabase", "power-bi", "superset", "tableau") or re.search(r"\b20\b", PAGES[page])


def test_the_shell_lines_of_the_first_page_describe_a_table_with_its_comments(opened):
    (lines,) = re.findall(r"^```\n(eval .*?)^```", PAGES["README"], re.M | re.S)
    environment = {**os.environ, "PATH": f"{postgres.binaries()}:{os.environ['PATH']}", "PYTHON": sys.executable}
    environment["PYTHONPATH"] = str(REPOSITORY / "plugins")
    done = subprocess.run(["bash", "-ec", MAKE + lines], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 'Table "publish.indicator_value"' in done.stdout
    assert "Never add up" in done.stdout


@pytest.mark.parametrize("page", ["python", "r"])
def test_the_line_of_a_password_file_lets_a_program_in_that_says_the_rest_itself(opened, page, tmp_path):
    (line,) = re.findall(r"`(127\.0\.0\.1:\S+:PASSWORD)`", PAGES[page])
    kept = tmp_path / "pgpass"
    kept.write_text(here(line, opened) + "\n")
    kept.chmod(stat.S_IRUSR | stat.S_IWUSR)
    said = {"host": "127.0.0.1", "port": opened.pg_port, "dbname": opened.readers_database, "user": BI_READER}
    with psycopg.connect(**said, passfile=str(kept)) as connection:
        assert connection.execute("select count(*) from indicator").fetchone() == (1,)


def test_the_address_of_a_superset_of_ones_own_opens_the_tables(opened):
    (address,) = re.findall(r"^postgresql\+psycopg2://\S+$", PAGES["superset"], re.M)
    engine = sqlalchemy.create_engine(here(address, opened))
    try:
        assert "indicator_value" in sqlalchemy.inspect(engine).get_table_names(schema="publish")
    finally:
        engine.dispose()


def test_the_engine_of_a_partners_role_stays_within_its_connections(opened, monkeypatch):
    (call,) = re.findall(r"`(create_engine\(.*?\))`", PAGES["python"], re.S)
    for name, value in {
        "PGHOST": opened.pg_host, "PGPORT": str(opened.pg_port), "PGDATABASE": opened.readers_database, "PGUSER": ANALYST,
        "PGPASSFILE": str(opened.passfile(ANALYST)),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    engine = eval(call, {"create_engine": sqlalchemy.create_engine})
    try:
        assert engine.pool.size() + engine.pool._max_overflow < Role.connections
        with engine.connect() as connection:
            assert connection.execute(sqlalchemy.text("select count(*) from partner_indicator_value")).scalar() > 0
    finally:
        engine.dispose()


def test_a_data_source_as_the_page_for_excel_has_it_gives_the_rows_of_its_query(opened, tmp_path, monkeypatch):
    page = " ".join(PAGES["excel"].split())
    pyodbc = pytest.importorskip("pyodbc", reason="ODBC was not tested: the wheel pyodbc is not installed", exc_type=ImportError)
    if "PostgreSQL Unicode" not in pyodbc.drivers():
        pytest.skip("ODBC was not tested: the driver is not installed (Debian's odbc-postgresql)")
    found = re.search(
        r"data source `(?P<source>\w+)`, database `(?P<Database>\w+)`, server `(?P<Servername>\S+)`, port `(?P<Port>\d+)`, "
        r"user name `(?P<Username>\w+)`, SSL mode \*(?P<SSLmode>\w+)\*",
        page,
    ).groupdict()
    source = found.pop("source")
    lines = [f"{name} = {here(value, opened)}" for name, value in found.items()]
    (tmp_path / "odbc.ini").write_text("\n".join([f"[{source}]", "Driver = PostgreSQL Unicode", *lines]) + "\n")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    (query,) = re.findall(r"^```sql\n(.*?)^```", PAGES["excel"], re.M | re.S)
    connection = pyodbc.connect(f"DSN={source};Pwd={opened.password(BI_READER)}", autocommit=True)
    try:
        cursor = connection.cursor().execute(query)
        names = [column[0] for column in cursor.description]
    finally:
        connection.close()
    assert names == [
        "short_name", "area_name", "period_label", "count", "value", "lower_ci_95", "upper_ci_95", "status",
    ]  # fmt: skip
