"""What a partner's tool meets over psycopg, SQLAlchemy, ODBC and JDBC: the tables of publish with their comments, and no others.

Drivers that are not of the environment are skipped with a sentence. ODBC needs the Debian packages unixodbc and odbc-postgresql and
the wheel pyodbc; JDBC needs libpostgresql-jdbc-java and a JDK; R needs
r-base-core and r-cran-rpostgresql (docs/connect/).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from tests.releases import defined
from tests.waiting import LONGEST
from tests.warehouses import open_to_readers
from vrn.settings import REPOSITORY, Settings

PAGES = sorted((REPOSITORY / "docs" / "connect").glob("*.md"))
ROLES = ("vrn_bi_reader", "vrn_analyst_bwd")
STAR = {"indicator_value", "indicator", "area", "period"}
ONE_ROW = (
    "select indicator.short_name, area.area_name, period.period_label, indicator_value.value, indicator_value.status "
    "from publish.indicator_value join publish.indicator using (indicator_id) join publish.area using (area_code) "
    "join publish.period using (period_id)"
)
# Before disclosure control, and the ledger: not in the database of readers at all.
CLOSED = ("marts.fct_indicator_value", "ops.submission", "ops.release_value")
NOT_THERE = "42P01"
JARS = ("/usr/share/java/postgresql.jar", os.environ.get("VRN_JDBC_JAR", ""))
# A source file that java runs without a build: no bridge into Python is needed to see what Tableau and Metabase see.
JAVA = """
import java.sql.*;

public class Connect {
    public static void main(String[] given) throws SQLException {
        try (Connection connection = DriverManager.getConnection(given[0])) {
            DatabaseMetaData about = connection.getMetaData();
            try (ResultSet tables = about.getTables(null, "publish", "%", new String[] {"TABLE"})) {
                while (tables.next()) say("table", tables.getString("TABLE_NAME"), tables.getString("REMARKS"));
            }
            try (ResultSet columns = about.getColumns(null, "publish", "indicator_value", "status")) {
                while (columns.next()) say("column", columns.getString("COLUMN_NAME"), columns.getString("REMARKS"));
            }
            try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(given[1])) {
                while (rows.next()) {
                    Object value = rows.getObject(4);
                    say("row", rows.getString(1), rows.getString(2), rows.getString(3), String.valueOf(value), rows.getString(5));
                }
            }
            for (int place = 2; place < given.length; place++) {
                try (Statement statement = connection.createStatement()) {
                    statement.executeQuery("select 1 from " + given[place]);
                    say("open", given[place]);
                } catch (SQLException refused) {
                    say("refused", given[place], refused.getSQLState());
                }
            }
        }
    }

    static void say(String... words) {
        System.out.println(String.join("\\t", words));
    }
}
"""


@pytest.fixture
def released(built_server, home: Settings, owner: psycopg.Connection) -> Settings:
    """The tables as dbt makes them, with a suppressed figure in them."""
    defined(owner, "indicator", indicator_id="V06")
    defined(owner, "area", area_code="E06000008", area_type="district")
    defined(owner, "period", period_id="2019/20", period_type="financial_year", is_latest=True)
    everybody = dict.fromkeys(("sex", "age_band", "ethnicity", "imd_quintile"), "all")
    figure = {"indicator_id": "V06", "area_code": "E06000008", "period_id": "2019/20", "status": "suppressed"}
    defined(owner, "indicator_value", **figure, **everybody)
    open_to_readers(home)
    return home


@pytest.fixture
def told(owner: psycopg.Connection, released) -> dict[str, str]:
    """The comments of the star's tables, as the owner reads them."""
    rows = owner.execute(
        "select relname, obj_description(oid, 'pg_class') as said from pg_class "
        "where relnamespace = 'publish'::regnamespace and relname = any(%s)",
        [list(STAR)],
    ).fetchall()
    told = {row["relname"]: row["said"] for row in rows}
    assert set(told) == STAR
    assert all(told.values())
    return told


@pytest.fixture
def row(owner: psycopg.Connection, released) -> tuple:
    return tuple(owner.execute(ONE_ROW).fetchone().values())


def _url(settings: Settings, role: str) -> str:
    return f"jdbc:postgresql://{settings.pg_host}:{settings.pg_port}/{settings.readers_database}?user={role}"


@pytest.mark.parametrize("role", ROLES)
def test_psycopg_lists_the_star_with_comments_reads_a_row_and_is_refused_elsewhere(released, told, row, role):
    with psycopg.connect(released.conninfo(role), autocommit=True) as connection:
        listed = dict(
            connection.execute(
                "select relname, obj_description(oid, 'pg_class') from pg_class where relnamespace = 'publish'::regnamespace "
                "and relkind = 'r' and has_table_privilege(oid, 'select')"
            ).fetchall()
        )
        assert listed.items() >= told.items()
        assert connection.execute(ONE_ROW).fetchall() == [row]
        # Without the schema's name as well: a role's search path is publish.
        assert connection.execute("select value, status from indicator_value").fetchall() == [(None, "suppressed")]
        for table in CLOSED:
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute(f"select 1 from {table}")
        with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.InsufficientPrivilege)):
            connection.execute("delete from publish.indicator_value")


@pytest.mark.parametrize("role", ROLES)
def test_every_column_of_the_star_has_a_comment_that_a_reader_can_read(released, told, role):
    with psycopg.connect(released.conninfo(role)) as connection:
        bare = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'publish' and table_name = any(%s) "
            "and col_description(format('publish.%%I', table_name)::regclass, ordinal_position) is null",
            [list(STAR)],
        ).fetchall()
    assert bare == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy_lists_the_star_with_comments_reads_a_row_and_is_refused_elsewhere(released, told, row, role, driver):
    engine = sqlalchemy.create_engine(released.url(role).replace("+psycopg:", f"+{driver}:"))
    try:
        inspector = sqlalchemy.inspect(engine)
        assert set(inspector.get_table_names(schema="publish")) >= STAR
        assert {table: inspector.get_table_comment(table, schema="publish")["text"] for table in STAR} == told
        with engine.connect() as connection:
            assert [tuple(one) for one in connection.execute(sqlalchemy.text(ONE_ROW))] == [row]
        for table in CLOSED:
            with engine.connect() as connection, pytest.raises(sqlalchemy.exc.ProgrammingError, match="does not exist"):
                connection.execute(sqlalchemy.text(f"select 1 from {table}"))
    finally:
        engine.dispose()


@pytest.mark.parametrize("role", ROLES)
def test_odbc_lists_the_star_with_comments_reads_a_row_and_is_refused_elsewhere(released, told, row, role):
    pyodbc = pytest.importorskip(
        "pyodbc",
        reason="ODBC was not tested: the wheel pyodbc or Debian's unixodbc is not installed",
        exc_type=ImportError,
    )
    driver = "PostgreSQL Unicode"
    if driver not in pyodbc.drivers():
        pytest.skip(f"ODBC was not tested: the driver {driver} is not installed (Debian's odbc-postgresql)")
    connection = pyodbc.connect(
        f"Driver={{{driver}}};Server={released.pg_host};Port={released.pg_port};Database={released.readers_database};"
        f"Uid={role};Pwd={released.password(role)}",
        autocommit=True,
    )
    try:
        cursor = connection.cursor()
        assert {one.table_name for one in cursor.tables(schema="publish", tableType="TABLE")} >= STAR
        assert "status" in {one.column_name for one in cursor.columns(schema="publish", table="indicator_value")}
        # This driver's own lists leave the remarks empty: a tool finds the comments where PostgreSQL keeps them.
        listed = cursor.execute(
            "select relname, obj_description(oid, 'pg_class') from pg_class where relnamespace = 'publish'::regnamespace "
            "and relname in ('indicator_value', 'indicator', 'area', 'period')"
        ).fetchall()
        assert dict(map(tuple, listed)) == told
        assert [tuple(one) for one in cursor.execute(ONE_ROW).fetchall()] == [row]
        for table in CLOSED:
            with pytest.raises(pyodbc.Error) as refused:
                cursor.execute(f"select 1 from {table}")
            assert refused.value.args[0] == NOT_THERE
    finally:
        connection.close()


@pytest.fixture(scope="session")
def jdbc() -> str:
    """The driver's jar, or a skip that says so."""
    jar = next((path for path in JARS if path and Path(path).exists()), None)
    if jar is None:
        pytest.skip("JDBC was not tested: the driver is not installed (Debian's libpostgresql-jdbc-java, or VRN_JDBC_JAR=its path)")
    if shutil.which("java") is None:
        pytest.skip("JDBC was not tested: there is no java on the PATH")
    modules = subprocess.run(["java", "--list-modules"], capture_output=True, text=True, check=False).stdout
    if "jdk.compiler" not in modules:
        pytest.skip("JDBC was not tested: this java cannot run a source file (Debian's default-jdk-headless can)")
    return jar


@pytest.mark.parametrize("role", ROLES)
def test_jdbc_lists_the_star_with_comments_reads_a_row_and_is_refused_elsewhere(released, told, row, role, jdbc, tmp_path):
    program = tmp_path / "Connect.java"
    program.write_text(JAVA, encoding="utf-8")
    # The password comes from libpq's password file, as everywhere: it is in no argument and in no address.
    done = subprocess.run(
        [
            "java", "-XX:TieredStopAtLevel=1", "-Xmx256m", f"-Dorg.postgresql.pgpassfile={released.passfile(role)}", "-cp", jdbc,
            str(program), _url(released, role), ONE_ROW, *CLOSED,
        ],
        capture_output=True, text=True, check=False, timeout=LONGEST,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said: dict[str, list[list[str]]] = {}
    for line in done.stdout.splitlines():
        kind, *words = line.split("\t")
        said.setdefault(kind, []).append(words)
    assert {name: remark for name, remark in said["table"] if name in STAR} == told
    assert said["column"][0][0] == "status"
    assert "Never add up" in said["column"][0][1]
    assert said["row"] == [["null" if cell is None else cell for cell in row]]
    assert said["refused"] == [[table, NOT_THERE] for table in CLOSED]
    assert "open" not in said


def _examples(language: str) -> list:
    found = [
        (page.stem, text)
        for page in PAGES
        for text in re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    ]
    return [pytest.param(text, id=f"{stem}-{number}") for number, (stem, text) in enumerate(found)]


def test_every_query_of_the_pages_runs_for_a_reader(released):
    examples = _examples("sql")
    assert len(examples) >= 6
    with psycopg.connect(released.conninfo("vrn_bi_reader"), autocommit=True) as connection:
        for example in examples:
            (query,) = example.values
            found = connection.execute(query.strip().rstrip(";")).fetchall()
            # One suppressed figure is there, of V06 in a district and a financial year, which all of them ask for.
            assert [row.count("suppressed") for row in found] == [1], example.id


@pytest.fixture
def environment(released, monkeypatch) -> None:
    """What `make env ROLE=vrn_bi_reader` prints."""
    monkeypatch.setenv("PGHOST", released.pg_host)
    monkeypatch.setenv("PGPORT", str(released.pg_port))
    monkeypatch.setenv("PGDATABASE", released.readers_database)
    monkeypatch.setenv("PGUSER", "vrn_bi_reader")
    monkeypatch.setenv("PGPASSFILE", str(released.passfile("vrn_bi_reader")))


@pytest.mark.parametrize("example", _examples("python"))
def test_every_python_example_of_the_pages_runs_in_the_environment_that_make_env_prints(environment, example):
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", _examples("r"))
def test_every_r_example_of_the_pages_runs_in_the_environment_that_make_env_prints(environment, example, tmp_path):
    # Debian 12 has RPostgreSQL; RPostgres, which the page takes, is CRAN's. Both are drivers of R's DBI on libpq.
    if shutil.which("Rscript") is None:
        pytest.skip("R was not tested: there is no Rscript on the PATH (Debian's r-base-core and r-cran-rpostgresql)")
    if subprocess.run(["Rscript", "-e", "library(RPostgreSQL)"], capture_output=True, check=False).returncode != 0:
        pytest.skip("R was not tested: the package RPostgreSQL is not installed (Debian's r-cran-rpostgresql)")
    program = tmp_path / "example.R"
    program.write_text(example.replace("RPostgres::Postgres()", "RPostgreSQL::PostgreSQL()"), encoding="utf-8")
    done = subprocess.run(["Rscript", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "suppressed" in done.stdout
