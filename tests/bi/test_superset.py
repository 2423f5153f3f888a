"""Superset as code: its folder makes a Superset that shows what was published, and hides what is hidden, over its own HTTP API.

Superset's pins do not go with ours, so it has an environment of its own in `.venv/superset`, made once from its hashed
requirements.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import httpx
import psycopg
import pytest
import sqlalchemy
import yaml

from tests.ports import free_port
from tests.waiting import LONGEST, until
from tests.warehouses import copy_of, open_to_readers
from vrn.build import dbt, table_swap
from vrn.publish import frozen
from vrn.report.figures import words
from vrn.settings import REPOSITORY, Settings

FOLDER = REPOSITORY / "bi" / "superset"
ENVIRONMENT = REPOSITORY / ".venv" / "superset"
READER = "vrn_bi_reader"
CHARTS = {chart["slice_name"]: chart for chart in map(yaml.safe_load, (p.read_text() for p in FOLDER.glob("assets/charts/*.yaml")))}
DATASETS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("assets/datasets/*/*.yaml"))}
DASHBOARD = yaml.safe_load((FOLDER / "assets/dashboards/outcomes_framework.yaml").read_text())
PLACED = [one for one in DASHBOARD["position"].values() if isinstance(one, dict) and one["type"] == "CHART"]
FILTERS = DASHBOARD["metadata"]["native_filter_configuration"]
# Of V06: area, financial year, value, status.
FIGURES = (
    ("E06000008", "2018/19", 10.5, "ok"),
    ("E06000008", "2019/20", None, "suppressed"),
    ("E07000123", "2018/19", 8.0, "ok"),
    ("E07000123", "2019/20", 8.25, "ok"),
    ("E07000117", "2019/20", 0.0, "ok"),
    ("LANCS-14", "2018/19", 9.0, "ok"),
    ("LANCS-14", "2019/20", 9.5, "ok"),
)
HIDDEN = "hidden to protect people"
RELEASE = "2020-09-01"
REFUSED = (403, 422)


def environment_of_superset() -> Path:
    """Superset's own Python, made anew when its requirements changed; a skip that says so where no package index is reachable."""
    files = [FOLDER / "requirements.txt", FOLDER / "build-requirements.txt"]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    made, python = ENVIRONMENT / ".installed", ENVIRONMENT / "bin" / "python"
    if made.exists() and made.read_text() == wanted:
        return python
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT)], check=True)
    done = subprocess.run(
        [
            *uv, "pip", "install", "--quiet", "--python", str(python), "--no-deps", "--require-hashes", "--only-binary", ":all:",
            "--no-binary", "wtforms-json", "--build-constraints", str(files[1]), "--compile-bytecode", "-r", str(files[0]),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"Superset was not tested, because its environment could not be installed: {done.stderr.strip()[-300:]}")
    made.write_text(wanted)
    return python


@pytest.fixture(scope="module")
def warehouse(built_server: Settings, tmp_path_factory) -> Iterator[Settings]:
    """The tables as dbt makes them, with a few figures of one indicator and a hidden one among them."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("warehouse"), patch, "built") as settings,
    ):
        with psycopg.connect(settings.conninfo("vrn_owner"), autocommit=True) as owner:
            _publish(settings, owner)
        open_to_readers(settings)
        yield settings


INSERT_FIGURE = """
    insert into publish.indicator_value (
        indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, value, lower_ci_95, upper_ci_95, comparison,
        comparison_england, year_earlier_value, year_earlier_change_percent, comparison_year_earlier, status, is_synthetic
    )
    values ('V06', %s, %s, %s, 'all', 'all', 'all', %s, %s, %s, 'not_compared', 'not_compared', %s, %s, %s, %s, true)
"""
# The release has no figures, and so no periods.
CALENDAR = """
    insert into publish.period (
        period_id, period_type, period_label, start_on, end_on, iso_interval, length_in_months, financial_year, sort_key, has_data,
        is_latest
    )
    select
        period_id, period_type, period_label, start_on, end_on, start_on || '/P1Y', 12, period_id,
        row_number() over (order by start_on), true, false
    from marts.dim_period
    where period_type = 'financial_year'
"""
# What dbt derives from the figures; the county's is FIGURES' last.
DERIVED = """
    insert into publish.indicator_latest (
        indicator_id, area_code, period_id, period_label, value, lower_ci_95, upper_ci_95, comparison, comparison_england,
        year_earlier_value, year_earlier_change_percent, comparison_year_earlier, status, is_synthetic
    )
    select
        indicator_id, area_code, period_id, period_label, value, lower_ci_95, upper_ci_95, comparison, comparison_england,
        year_earlier_value, year_earlier_change_percent, comparison_year_earlier, status, is_synthetic
    from publish.indicator_value
    join publish.period using (period_id)
    where period_id = '2019/20' and sex = 'all';

    insert into publish.area_profile (
        area_code, area_name, indicator_id, indicator_name, domain, unit, polarity, period_id, period_label, value, lower_ci_95,
        upper_ci_95, county_value, comparison, comparison_england, year_earlier_value, year_earlier_change_percent,
        comparison_year_earlier, status, is_synthetic
    )
    select
        area_code, area_name, indicator_id, short_name, domain, unit, polarity, period_id, period_label, value, lower_ci_95,
        upper_ci_95, 9.5, comparison, comparison_england, year_earlier_value, year_earlier_change_percent,
        comparison_year_earlier, status, is_synthetic
    from publish.indicator_latest
    join publish.area using (area_code)
    join publish.indicator using (indicator_id);

    update publish.framework_scorecard as score
    set area_code = latest.area_code, period_id = latest.period_id, period_label = latest.period_label, value = latest.value,
        lower_ci_95 = latest.lower_ci_95, upper_ci_95 = latest.upper_ci_95, status = latest.status, similar_districts = 2,
        year_earlier_value = latest.year_earlier_value, year_earlier_change_percent = latest.year_earlier_change_percent,
        comparison_year_earlier = latest.comparison_year_earlier
    from publish.indicator_latest as latest
    where latest.area_code = 'LANCS-14' and score.indicator_id = 'V06';

    insert into publish.data_quality (
        submission_id, feed, supplier, period_start_on, period_end_on, status, rows_in_file, rows_accepted, rows_quarantined,
        rows_duplicate, rows_warned, rows_band, accepted_share, is_exact, rules_broken, is_synthetic
    )
    values (1, 'police_crime', 'lancashire', '2019-04-01', '2019-04-30', 'accepted', 1000, 990, 10, 0, 5, '1,000 to 9,999', 0.99,
        true, 1, true);
"""


def _publish(settings: Settings, owner: psycopg.Connection) -> None:
    # Definitions, areas and periods are those of a release.
    (number,) = owner.execute(
        "insert into ops.release (release_id, git_revision, project_code, note, is_synthetic) values (%s, 'x', 'x', 'x', true) "
        "returning release_number",
        [RELEASE],
    ).fetchone()
    frozen.keep_models(owner, number)
    command = ["--quiet", "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    assert dbt.invoke(settings, [*command, "--select", "path:models/publish"]).success
    table_swap.swap(settings)
    owner.execute(CALENDAR)
    for area, period, value, status in FIGURES:
        lower, upper = (None, None) if value is None else (value - 1, value + 1)
        change = (9.0, 5.6, "similar") if (area, period) == ("LANCS-14", "2019/20") else (None, None, "not_compared")
        owner.execute(INSERT_FIGURE, [area, period, "all", value, lower, upper, *change, status])
    # A group, which no chart of the dashboard may mix with everybody.
    owner.execute(INSERT_FIGURE, ["E07000123", "2019/20", "female", 99, 98, 100, None, None, "not_compared", "ok"])
    # A year of which nothing came, which no chart may begin with.
    owner.execute(INSERT_FIGURE, ["E07000123", "2017/18", "all", None, None, None, None, None, "not_compared", "awaiting_feed"])
    owner.execute(DERIVED)


@dataclass
class Superset:
    """A Superset that runs, and one who is signed in."""

    address: str
    python: Path
    environment: dict[str, str]
    client: httpx.Client

    def sign_in(self, user: str, password: str) -> httpx.Client:
        client = httpx.Client(base_url=self.address, timeout=LONGEST)
        answer = client.post("/api/v1/security/login", json={"username": user, "password": password, "provider": "db"})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        client.headers["Referer"] = self.address
        client.headers["X-CSRFToken"] = client.get("/api/v1/security/csrf_token/").json()["result"]
        return client

    def provision(self) -> None:
        done = subprocess.run(
            [str(self.python), str(FOLDER / "provision.py")], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def there(self, kind: str) -> dict[str, int]:
        """What there is of a kind (database, dataset, chart, dashboard): its id by its uuid."""
        answer = self.client.get(f"/api/v1/{kind}/", params={"q": "(columns:!(id,uuid),page_size:100)"})
        return {one["uuid"]: one["id"] for one in answer.json()["result"]}

    def everything(self) -> dict[str, dict[str, int]]:
        return {kind: self.there(kind) for kind in ("database", "dataset", "chart", "dashboard")}

    def data(self, chart: dict, filters: list[dict], client: httpx.Client | None = None) -> list[dict]:
        """The rows of a chart as the dashboard asks for them: the chart's own query and the dashboard's filters."""
        query = json.loads(chart["query_context"])
        query["datasource"] = {"id": self.there("dataset")[chart["dataset_uuid"]], "type": "table"}
        query["queries"][0]["filters"] += filters
        answer = (client or self.client).post("/api/v1/chart/data", json=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"][0]["data"]


@pytest.fixture(scope="module")
def superset(warehouse: Settings, tmp_path_factory) -> Iterator[Superset]:
    python = environment_of_superset()
    secrets, home = tmp_path_factory.mktemp("secrets"), tmp_path_factory.mktemp("superset")
    (secrets / "superset_secret_key").write_text("a key of the tests that opens nothing else at all")
    (secrets / "superset_admin_password").write_text("a-password-of-the-tests")
    (secrets / f"password_{READER}").write_text(warehouse.password(READER))
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(FOLDER),
        "VRN_BI_SECRETS": str(secrets),
        "VRN_BI_HOME": str(home),
        "VRN_PG_HOST": warehouse.pg_host,
        "VRN_PG_PORT": str(warehouse.pg_port),
        "VRN_PG_DATABASE": warehouse.database,
    }
    port = free_port()
    one = Superset(f"http://127.0.0.1:{port}", python, environment, httpx.Client(timeout=LONGEST))
    one.provision()
    serving = subprocess.Popen(
        [str(python), "-m", "gunicorn", "--config", str(FOLDER / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{port}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: _answers(f"{one.address}/health", serving), "an answer of Superset's server")
        one.client = one.sign_in("admin", "a-password-of-the-tests")
        yield one
    finally:
        # A connection that is kept open would be waited for.
        one.client.close()
        serving.terminate()
        serving.wait(LONGEST)


def _answers(address: str, serving: subprocess.Popen) -> bool:
    assert serving.poll() is None, "Superset's server ended as it started"
    try:
        return httpx.get(address, timeout=LONGEST).status_code == 200
    except httpx.TransportError:
        return False


def _defaults(chart: str) -> list[dict]:
    """What the dashboard filters a chart by when it is opened."""
    place = next(one for one in PLACED if one["meta"]["sliceName"] == chart)
    return [
        condition
        for one in FILTERS
        if set(one["scope"]["rootPath"]) & set(place["parents"]) and place["meta"]["chartId"] not in one["scope"]["excluded"]
        for condition in one["defaultDataMask"]["extraFormData"].get("filters", [])
    ]


def _config(monkeypatch, secrets: Path):
    monkeypatch.setenv("VRN_BI_SECRETS", str(secrets))
    monkeypatch.setenv("VRN_BI_HOME", str(secrets))
    specification = importlib.util.spec_from_file_location("superset_config_of_the_tests", FOLDER / "superset_config.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


# Without Superset: the files, and their SQL as the reader.


@pytest.mark.parametrize("name", DATASETS)
def test_the_sql_of_a_dataset_gives_a_reader_the_columns_that_it_describes(warehouse, name):
    dataset = DATASETS[name]
    with psycopg.connect(warehouse.conninfo(READER)) as connection:
        described = connection.execute(f"select * from ({dataset['sql']}) as virtual limit 0").description
    dates = {column.name for column in described if column.type_display == "date"}
    assert [column["column_name"] for column in dataset["columns"]] == [column.name for column in described]
    assert {column["column_name"] for column in dataset["columns"] if column["is_dttm"]} == dates
    assert all(column["verbose_name"] and column["description"] for column in dataset["columns"])


def test_no_metric_adds_up_or_averages():
    metrics = [metric for dataset in DATASETS.values() for metric in dataset["metrics"]]
    assert all(re.fullmatch(r"case when count\(\*\) = 1 then max\(\w+\) end", metric["expression"]) for metric in metrics)
    shown = {metric for chart in CHARTS.values() for metric in chart["params"].get("metrics", [])}
    assert shown == {metric["metric_name"] for metric in metrics}


@pytest.mark.parametrize("name", ["figures", "scorecard", "area_profile"])
def test_a_dataset_has_the_words_of_the_site_for_every_status_and_trend(name):
    told = dict(re.findall(r"when '(\w+)' then '([^']+)'", DATASETS[name]["sql"]))
    assert {code: told.get(code) for code in words.PUBLISHED_STATUSES if code != "ok"} == {
        code: words.missing(code, {}) for code in words.PUBLISHED_STATUSES if code != "ok"
    }
    assert {code: told.get(code) for code in words.TRENDS} == {code: texts for code, (_, texts) in words.TRENDS.items()}


@pytest.mark.parametrize("name", CHARTS)
def test_the_query_of_a_chart_asks_for_what_the_chart_shows(name):
    shown, (query,) = CHARTS[name]["params"], json.loads(CHARTS[name]["query_context"])["queries"]
    asked = {column if isinstance(column, str) else column["label"] for column in query["columns"]}
    axis = [shown["x_axis"]] if "x_axis" in shown else []
    wanted = [*axis, *(name for key in ("all_columns", "groupby", "groupbyRows", "groupbyColumns") for name in shown.get(key, []))]
    assert asked == set(wanted)
    assert query.get("metrics", []) == shown.get("metrics", [])
    filters = {(one["subject"], one["comparator"]) for one in shown["adhoc_filters"]}
    assert {(one["col"], one["val"]) for one in query["filters"]} == filters


def test_the_dashboard_has_every_chart_and_every_choice_that_it_opens_with_exists(warehouse):
    assert {one["meta"]["uuid"] for one in PLACED} == {chart["uuid"] for chart in CHARTS.values()}
    by_uuid = {dataset["uuid"]: dataset for dataset in DATASETS.values()}
    with psycopg.connect(warehouse.conninfo(READER)) as connection:
        for one in FILTERS:
            (target,) = one["targets"]
            column = target["column"]["name"]
            sql = by_uuid[target["datasetUuid"]]["sql"]
            rows = connection.execute(f"select distinct {column} from ({sql}) as virtual").fetchall()
            assert set(one["defaultDataMask"]["filterState"].get("value") or []) <= {row[0] for row in rows}, one["name"]


def test_no_file_has_a_password():
    database = yaml.safe_load((FOLDER / "assets/databases/warehouse.yaml").read_text())
    assert sqlalchemy.make_url(database["sqlalchemy_uri"]).password is None
    assert not any(database[can] for can in ("allow_dml", "allow_ctas", "allow_cvas", "allow_csv_upload", "impersonate_user"))
    for path in FOLDER.glob("assets/**/*.yaml"):
        assert not re.search(r"^\s*(password|encrypted_extra)\s*:", path.read_text(), re.M), path


def test_it_does_not_start_without_a_secret(monkeypatch, tmp_path):
    (tmp_path / "superset_secret_key").write_text(" \n")
    with pytest.raises(RuntimeError, match="'superset_secret_key' is not in"):
        _config(monkeypatch, tmp_path)


def test_where_a_ca_is_given_the_warehouse_has_to_prove_itself(monkeypatch, tmp_path):
    (tmp_path / "superset_secret_key").write_text("key")
    (tmp_path / f"password_{READER}").write_text("p@ss/word\n")
    config = _config(monkeypatch, tmp_path)
    monkeypatch.setenv("VRN_PG_HOST", "db.example")
    # The module's own warehouse has another name.
    monkeypatch.delenv("VRN_PG_DATABASE", raising=False)
    uri = sqlalchemy.make_url(f"postgresql+psycopg2://{READER}@warehouse/warehouse")
    plain, arguments = config.the_warehouse(uri, {}, None, None, None)
    assert (plain.host, plain.database, plain.password) == ("db.example", "warehouse_readers", "p@ss/word")
    assert "sslmode" not in arguments["connect_args"]
    (tmp_path / "ca.crt").write_text("a certificate")
    _, arguments = config.the_warehouse(uri, {}, None, None, None)
    assert arguments["connect_args"]["sslmode"] == "verify-full"
    assert arguments["connect_args"]["sslrootcert"] == str(tmp_path / "ca.crt")


# With Superset.


def test_every_asset_is_there_and_provisioning_again_changes_nothing(superset):
    before = superset.everything()
    assert {kind: len(there) for kind, there in before.items()} == {
        "database": 1,
        "dataset": len(DATASETS),
        "chart": len(CHARTS),
        "dashboard": 1,
    }
    superset.provision()
    assert superset.everything() == before


def _drawn(cell: str) -> tuple[int, set[str]]:
    """How many outlines the picture of a cell has, and what stands in them; its words say the same."""
    words_, picture = re.fullmatch(r'<img [^>]* alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', cell).groups()
    svg = ElementTree.fromstring(base64.b64decode(picture))
    figures = [text.text for text in svg.iterfind("{*}text[@class='figure']")]
    assert all(figure in words_ for figure in figures)
    return len(svg.findall("{*}g/{*}path")), set(figures)


EXPECTED = {
    "Which release this is": lambda rows: (
        len(rows) == 1 and rows[0]["figures_are"].startswith("SYNTHETIC") and rows[0]["release_id"] == RELEASE
    ),
    "The framework on one page": lambda rows: (
        {row["figure"] for row in rows} == {"9.50", "no figure: nothing was delivered"}
        and (rows[0]["figure"], rows[0]["change"]) == ("9.50", "up 5.6 %: no more than chance")
    ),
    "How districts stand beside the county": lambda rows: (
        rows == [{"indicator": "V06 Violence with injury", "worse_districts": 0, "like_districts": 2, "better_districts": 0}]
    ),
    "On the map": lambda rows: len(rows) == 1 and _drawn(rows[0]["map"]) == (14, {"8.25", "0", "hidden", "no figure"}),
    "Over time": lambda rows: (
        {row["period"]: (row["Blackburn with Darwen"], row["Preston"]) for row in rows}
        == {"2018/19": (10.5, 8.0), "2019/20": (None, 8.25)}
    ),
    "Over time, in words": lambda rows: (
        {row["period"]: row["figure_in_words"] for row in rows if row["area_name"] == "Blackburn with Darwen"}
        == {"2018/19": "10.50", "2019/20": HIDDEN}
        and next(row["figure_in_words"] for row in rows if row["area_name"] == "Burnley") == "0"
    ),
    "The latest figure of each area": lambda rows: (
        {row["area_in_words"]: row["figure_value"] for row in rows}
        == {"Blackburn with Darwen (hidden)": None, "Burnley": 0.0, "Preston": 8.25, "Lancashire-14": 9.5}
    ),
    "The latest figure of each area, in words": lambda rows: (
        [(row["area_name"], row["figure"], row["interval_95"]) for row in rows]
        == [
            ("Burnley", "0", "-1 to 1"),
            ("Preston", "8.25", "7.25 to 9.25"),
            ("Lancashire-14", "9.50", "8.50 to 10.50"),
            ("Blackburn with Darwen", HIDDEN, ""),
        ]
    ),
    "One area and its indicators": lambda rows: (
        [(row["indicator"], row["figure"], row["county_figure"]) for row in rows] == [("V06 Violence with injury", "8.25", "9.50")]
    ),
    "What came and what is late": lambda rows: (
        [row["accepted_share"] for row in rows if row["rows_in_file"]] == ["99.0 %"]
        and len(rows) > 10
        and {row["kind_of_data"] for row in rows} == {"nothing came"}
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows_what_was_published_and_says_what_is_hidden(superset, name):
    rows = superset.data(CHARTS[name], _defaults(name))
    assert EXPECTED[name](rows), rows[:20]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_its_query_kept_in_superset(superset, name):
    number = superset.there("chart")[CHARTS[name]["uuid"]]
    assert superset.client.get(f"/api/v1/chart/{number}/data/").status_code == 200


def test_a_metric_over_two_figures_gives_nothing_and_not_their_maximum(superset):
    query = CHARTS["Over time"] | {
        "query_context": json.dumps(
            {"queries": [{"columns": ["indicator_id"], "metrics": ["figure_value", "figure_in_words"], "filters": []}]}
        )
    }
    assert superset.data(query, []) == [{"indicator_id": "V06", "figure_value": None, "figure_in_words": None}]


def _ask(superset: Superset, client: httpx.Client, sql: str, **more) -> httpx.Response:
    (number,) = superset.there("database").values()
    asked = {"database_id": number, "schema": "publish", "sql": sql, "runAsync": False, **more}
    return client.post("/api/v1/sqllab/execute/", json=asked)


def test_sql_lab_reads_what_is_published_and_refuses_to_write_and_to_read_the_rest(superset):
    read = _ask(superset, superset.client, "select value, status from indicator_value where status = 'suppressed'")
    assert read.json()["data"] == [{"value": None, "status": "suppressed"}]
    for sql in ("delete from publish.indicator_value", "create table publish.mine as select 1 as one"):
        refused = _ask(superset, superset.client, sql)
        assert refused.status_code >= 400, refused.text
        assert "DML" in refused.text or "mutat" in refused.text.lower(), refused.text
    assert _ask(superset, superset.client, "select 1", select_as_cta=True, tmp_table_name="mine").status_code >= 400
    closed = _ask(superset, superset.client, "select * from marts.fct_indicator_value")
    assert closed.status_code >= 400
    # Not "permission denied": the database of readers has no marts.
    assert "marts.fct_indicator_value" in closed.text
    assert "does not exist" in closed.text


def test_nobody_adds_another_connection(superset):
    for uri in (f"postgresql://vrn_owner@127.0.0.1:{superset.environment['VRN_PG_PORT']}/warehouse", "sqlite:////tmp/mine.db"):
        answer = superset.client.post("/api/v1/database/", json={"database_name": "mine", "sqlalchemy_uri": uri})
        assert answer.status_code in REFUSED, answer.text
    assert len(superset.there("database")) == 1


def test_a_reader_sees_the_charts_and_has_no_sql(superset):
    roles = superset.client.get("/api/v1/security/roles/", params={"q": "(page_size:100)"}).json()
    numbers = {role["name"]: number for number, role in zip(roles["ids"], roles["result"], strict=True)}
    person = {
        "first_name": "A", "last_name": "Reader", "username": "reader", "email": "reader@example.org", "active": True,
        "password": "another-password", "roles": [numbers["Gamma"], numbers["Outcomes reader"]],
    }  # fmt: skip
    made = superset.client.post("/api/v1/security/users/", json=person)
    assert made.status_code == 201, made.text
    with closing(superset.sign_in("reader", "another-password")) as reader:
        for name, chart in CHARTS.items():
            assert EXPECTED[name](superset.data(chart, _defaults(name), reader))
        assert _ask(superset, reader, "select 1").status_code in (401, 403)
        assert reader.get("/api/v1/security/users/").status_code == 403


def test_pages_may_ask_nothing_of_any_other_machine(superset):
    policy = httpx.get(f"{superset.address}/login/", timeout=LONGEST).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    sources = {word for part in policy.split(";") for word in part.split()[1:] if not word.startswith("'nonce-")}
    assert sources == {"'self'", "blob:", "data:", "'none'", "'unsafe-inline'", "'strict-dynamic'"}


def test_the_password_of_the_warehouse_is_not_kept_by_superset(superset):
    password = Path(superset.environment["VRN_BI_SECRETS"], f"password_{READER}").read_bytes()
    kept = [path for path in Path(superset.environment["VRN_BI_HOME"]).rglob("*") if path.is_file()]
    assert any(path.name == "superset.db" for path in kept)
    assert [path for path in kept if password in path.read_bytes()] == []
    exported = superset.client.get("/api/v1/assets/export/")
    assert exported.status_code == 200
    assert password not in exported.content
