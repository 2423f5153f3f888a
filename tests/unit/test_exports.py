"""A release as files: the same bytes, described by their data package, with nothing in them that publish hides."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
import yaml
from psycopg import sql
from psycopg.types.json import Jsonb

from vrn.publish import exports
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse.connection import connect

RELEASE = "2026-11-23"
TABLES = ("indicator_value", "indicator", "area", "period")
FIGURES = ("count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")
CELL = {"sex": "all", "age_band": "all", "ethnicity": "all", "imd_quintile": "all"}
NASTY = 'He said "no, never",\r\nthen\rleft – à bientôt'
PARSED: dict[str, Callable] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
}


def _contracts() -> dict[str, dict]:
    models = yaml.safe_load((REPOSITORY / "dbt_project" / "models" / "publish" / "publish.yml").read_text())["models"]
    return {model["name"].removeprefix("publish__"): model for model in models}


def _filled(contract: dict, values: dict) -> dict:
    """A row in which every column that may not be missing has something."""
    made_up = {"text": "x", "integer": 1, "numeric": 1, "bigint": 0, "boolean": False, "date": date(2020, 4, 1)}
    needed = {column["name"]: made_up[column["data_type"]] for column in contract["columns"] if column.get("constraints")}
    return {**needed, **values}


def _insert(owner: psycopg.Connection, table: str, row: dict) -> None:
    owner.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        ),
        list(row.values()),
    )


def _add(owner: psycopg.Connection, table: str, **values) -> None:
    _insert(owner, f"publish.{table}", _filled(_contracts()[table], values))


@pytest.fixture
def published(home: Settings, owner: psycopg.Connection) -> Settings:
    """publish as its contract says it, with a small release in it: made by hand, so that dbt need not run."""
    contracts = _contracts()
    for name in TABLES:
        columns = contracts[name]["columns"]
        typed = [sql.SQL("{} {}").format(sql.Identifier(one["name"]), sql.SQL(one["data_type"])) for one in columns]
        table = sql.Identifier("publish", name)
        owner.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(typed)))
        owner.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(contracts[name]["description"])))
        for one in columns:
            column = sql.Identifier("publish", name, one["name"])
            owner.execute(sql.SQL("comment on column {} is {}").format(column, sql.Literal(one["description"])))
            if one.get("constraints"):
                owner.execute(sql.SQL("alter table {} alter {} set not null").format(table, sql.Identifier(one["name"])))
    owner.execute("create view publish.release as select * from ops.release")
    owner.execute("grant select on all tables in schema publish to vrn_evaluator")

    _add(owner, "indicator", indicator_id="V06", name="=HYPERLINK(1)", multiplier=1000, caveats=NASTY)
    _add(owner, "indicator", indicator_id="S12a", name="+44", short_name="-1", definition="@x", rationale="\tx", unit="%")
    _add(owner, "area", area_code="E07000121", area_name="Lancaster", sort_order=2)
    _add(owner, "area", area_code="LANCS-14", area_name="The fourteen districts", sort_order=1)
    for period in ("2018/19", "2019/20"):
        _add(owner, "period", period_id=period, period_label=period)
    _release(owner, RELEASE)
    figure = {"release_id": RELEASE, "comparison": "not_compared", "area_code": "LANCS-14", "period_id": "2019/20", **CELL}
    ok = {"count": 1234, "denominator": 1500000, "value": 0.8226666666666667, "lower_ci_95": -0.5, "upper_ci_95": 1e-05}
    _add(owner, "indicator_value", indicator_id="V06", status="ok", method="byar", **ok, **figure)
    _add(owner, "indicator_value", indicator_id="V06", status="ok", count=0, value=0, **{**figure, "area_code": "E07000121"})
    _add(owner, "indicator_value", indicator_id="S12a", status="suppressed", **figure)
    _add(owner, "indicator_value", indicator_id="S12a", status="awaiting_feed", **{**figure, "period_id": "2018/19"})
    return home


def _release(owner: psycopg.Connection, release_id: str, *, is_synthetic: bool = True) -> None:
    values = {"release_id": release_id, "git_revision": "abc123+", "project_code": "c", "note": "for the board"}
    _insert(owner, "ops.release", {**values, "is_synthetic": is_synthetic})
    delivery = owner.execute(
        "insert into ops.submission (feed, supplier, file_name, sha256, byte_count, is_synthetic) "
        "values ('police_crime', 'lancs', 'a.csv', %s, 1, %s) returning submission_id",
        [hashlib.sha256(release_id.encode()).hexdigest(), is_synthetic],
    ).fetchone()["submission_id"]
    _insert(owner, "ops.release_submission", {"release_id": release_id, "submission_id": delivery})


def _source(owner: psycopg.Connection, release_id: str, *, is_open: bool = False) -> None:
    """What a release kept of the feed and the supplier that it is made of."""
    feed = {"feed": "police_crime", "feed_name": "Recorded crime", "is_open": is_open}
    supplier = {"feed": "police_crime", "supplier": "lancs", "supplier_name": "The Constabulary"}
    for relation, content in (("feed", feed), ("feed_supplier", supplier)):
        owner.execute(
            "insert into ops.frozen_row (relation, content, content_hash, since_release) "
            "select %s, %s, 'x', release_number from ops.release where release_id = %s",
            [relation, Jsonb(content), release_id],
        )


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _package(folder: Path) -> dict:
    return json.loads((folder / exports.PACKAGE).read_text(encoding="utf-8"))


def _csv(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _table(folder: Path, resource: dict) -> list[dict]:
    """The rows of a resource, read as its schema says."""
    fields = resource["schema"]["fields"]
    if resource["format"] == "parquet":
        return pq.read_table(folder / resource["path"]).to_pylist()
    rows = _csv(folder, resource["path"].removesuffix(".csv"))
    assert all(list(row) == [field["name"] for field in fields] for row in rows)
    missing = resource["schema"]["missingValues"]
    return [
        {one["name"]: None if row[one["name"]] in missing else PARSED[one["type"]](row[one["name"]]) for one in fields}
        for row in rows
    ]


def test_a_release_is_four_tables_in_two_forms_and_a_data_package(published):
    folder = exports.write(published, RELEASE)
    assert folder == published.home / "releases" / RELEASE
    files = {f"{table}.{ending}" for table in TABLES for ending in ("csv", "parquet")}
    assert {path.name for path in folder.iterdir()} == {*files, "datapackage.json"}
    # Nothing is left beside it.
    assert [path.name for path in folder.parent.iterdir()] == [RELEASE]


def test_the_same_release_gives_the_same_bytes_wherever_its_rows_lie_and_however_the_calendar_went_on(
    published, owner, tmp_path, monkeypatch
):
    first = _bytes(exports.write(published, RELEASE))
    # An update moves the row to the end of the table.
    owner.execute("update publish.indicator_value set status = status where indicator_id = 'S12a' and status = 'suppressed'")
    owner.execute("update publish.area set area_name = area_name where area_code = 'E07000121'")
    _add(owner, "period", period_id="2026/27")
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    again = exports.write(replace(published, home=tmp_path / "another"), RELEASE)
    assert _bytes(again) == first


def test_every_file_is_as_the_data_package_says(published):
    folder = exports.write(published, RELEASE)
    package = _package(folder)
    assert package["name"] == f"vrn-outcomes-{RELEASE}"
    assert {resource["path"] for resource in package["resources"]} == {path.name for path in folder.iterdir()} - {
        "datapackage.json"
    }
    rows = {resource["name"]: _table(folder, resource) for resource in package["resources"]}
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        own, schema = rows[resource["name"]], resource["schema"]
        assert own, resource["name"]
        required = {field["name"] for field in schema["fields"] if field.get("constraints", {}).get("required")}
        assert required >= set(schema["primaryKey"])
        assert all(row[name] is not None for row in own for name in required)
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in own]
        assert keys == sorted(set(keys)), resource["name"]
        for foreign in schema.get("foreignKeys", []):
            reference = foreign["reference"]
            there = {tuple(row[name] for name in reference["fields"]) for row in rows[reference["resource"]]}
            assert {tuple(row[name] for name in foreign["fields"]) for row in own} <= there
    assert len(_table(folder, package["resources"][0])) == 4
    assert package["resources"][0]["schema"]["foreignKeys"]


def test_the_descriptions_are_the_comments_of_the_tables(published):
    package = _package(exports.write(published, RELEASE))
    for resource in package["resources"]:
        contract = _contracts()[resource["path"].split(".")[0]]
        assert resource["description"] == contract["description"]
        said = {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        assert said == {column["name"]: column["description"] for column in contract["columns"]}


def test_the_csv_and_the_parquet_file_of_a_table_say_the_same(published, owner):
    owner.execute("update publish.indicator set name = 'x', short_name = 'x', definition = 'x', rationale = 'x'")
    owner.execute("update publish.indicator_value set denominator = 100000.123456789012345678901 where count = 0")
    folder = exports.write(published, RELEASE)
    resources = {resource["name"]: resource for resource in _package(folder)["resources"]}
    for table in TABLES:
        assert _table(folder, resources[table]) == _table(folder, resources[f"{table}.parquet"]), table


def test_a_cell_that_a_spreadsheet_would_run_has_an_apostrophe_and_a_number_has_none(published):
    folder = exports.write(published, RELEASE)
    by_id = {row["indicator_id"]: row for row in _csv(folder, "indicator")}
    assert by_id["V06"]["name"] == "'=HYPERLINK(1)"
    assert [by_id["S12a"][name] for name in ("name", "short_name", "definition", "rationale", "unit")] == [
        "'+44", "'-1", "'@x", "'\tx", "%",
    ]  # fmt: skip
    figures = _csv(folder, "indicator_value")
    assert [row["lower_ci_95"] for row in figures if row["lower_ci_95"]] == ["-0.5"]
    # Parquet is read by programs: there the text is as it is.
    assert "=HYPERLINK(1)" in pq.read_table(folder / "indicator.parquet")["name"].to_pylist()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_beginning_of_a_formula_survives_in_a_csv(published, owner, text):
    owner.execute("update publish.area set area_name = %s", [text])
    assert {row["area_name"] for row in _csv(exports.write(published, RELEASE), "area")} == {f"'{text}"}


def test_quotes_commas_and_line_ends_in_a_text_come_back_and_lines_end_with_a_line_feed(published):
    folder = exports.write(published, RELEASE)
    assert next(row["caveats"] for row in _csv(folder, "indicator") if row["indicator_id"] == "V06") == NASTY
    for table in ("indicator_value", "area", "period"):
        content = (folder / f"{table}.csv").read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert not content.startswith(b"\xef\xbb\xbf")


def test_a_suppressed_figure_is_an_empty_cell_with_its_status_and_never_a_zero(published):
    folder = exports.write(published, RELEASE)
    (hidden,) = (row for row in _csv(folder, "indicator_value") if row["status"] == "suppressed")
    assert {hidden[name] for name in FIGURES} == {""}
    (hidden,) = (row for row in pq.read_table(folder / "indicator_value.parquet").to_pylist() if row["status"] == "suppressed")
    assert {hidden[name] for name in FIGURES} == {None}
    # A true zero is one.
    assert "0" in [row["count"] for row in _csv(folder, "indicator_value")]


@pytest.mark.parametrize("name", ["count", "value", "upper_ci_998"])
def test_a_suppressed_figure_with_a_number_stops_the_export_and_leaves_nothing(published, owner, name):
    owner.execute(sql.SQL("update publish.indicator_value set {} = 3 where status = 'suppressed'").format(sql.Identifier(name)))
    with pytest.raises(exports.ExportRefused, match=f"suppressed row .* number in {name}"):
        exports.write(published, RELEASE)
    assert list((published.home / "releases").iterdir()) == []


def test_the_package_says_what_is_synthetic_and_what_it_was_made_of(published, owner):
    _source(owner, RELEASE)
    folder = exports.write(published, RELEASE)
    package = _package(folder)
    assert package["synthetic"] is True
    assert "(synthetic)" in package["title"]
    assert (package["note"], package["git_revision"]) == ("for the board", "abc123+")
    made_of = {"title": "Recorded crime", "feed": "police_crime", "license": "other-closed"}
    assert made_of | {"suppliers": ["The Constabulary"], "synthetic": True} in package["sources"]
    assert [licence["name"] for licence in package["licenses"]] == ["OGL-UK-3.0", "other-closed"]
    assert pq.read_schema(folder / "area.parquet").metadata[b"synthetic"] == b"true"


def test_a_feed_that_is_renamed_or_whose_licence_changes_is_in_the_package_as_it_was(published, owner):
    _source(owner, RELEASE)
    folder = exports.write(published, RELEASE)
    before = _bytes(folder)
    (folder / "area.csv").unlink()
    owner.execute(
        "insert into ops.feed (feed, feed_name, period_months, latency_days, is_open) "
        "values ('police_crime', 'Crimes', 1, 31, true)"
    )
    owner.execute("insert into ops.feed_supplier values ('police_crime', 'lancs', 'The Police', true)")
    assert _bytes(exports.write(published, RELEASE)) == before


@pytest.mark.parametrize("is_synthetic", [False, True])
@pytest.mark.parametrize(("is_open", "licences"), [(True, ["OGL-UK-3.0"]), (False, ["OGL-UK-3.0", "other-closed"])])
def test_what_was_made_of_a_shared_feed_is_not_said_to_be_open(published, owner, is_synthetic, is_open, licences):
    """Issue 16, E: a release of made-up deliveries of police, hospitals and councils claimed the Open Government Licence."""
    _release(owner, "2026-12-01", is_synthetic=is_synthetic)
    _source(owner, "2026-12-01", is_open=is_open)
    owner.execute("update publish.indicator_value set release_id = '2026-12-01'")
    package = _package(exports.write(published, "2026-12-01"))
    assert package["synthetic"] is is_synthetic
    assert ("synthetic" in package["title"] + package["description"]) is is_synthetic
    assert [licence["name"] for licence in package["licenses"]] == licences


def test_an_export_is_in_the_audit_with_the_hash_of_each_file_and_once(published, owner):
    folder = exports.write(published, RELEASE)
    exports.write(published, RELEASE)
    found = owner.execute("select what, sha256, release_id from ops.audit_event where kind = 'export'").fetchall()
    hashes = {one["path"]: one["hash"].removeprefix("sha256:") for one in _package(folder)["resources"]}
    assert {row["what"]: row["sha256"] for row in found} == hashes
    assert len(found) == len(hashes)
    assert {row["release_id"] for row in found} == {RELEASE}


def test_an_unknown_release_is_refused(published):
    with pytest.raises(exports.ExportRefused, match="no such release"):
        exports.write(published, "../2026-11-23")


def test_a_release_that_publish_does_not_hold_is_refused_and_its_files_stay_where_they_were_written_in_time(published, owner):
    first = exports.write(published, RELEASE)
    before = _bytes(first)
    _release(owner, "2026-12-01")
    with pytest.raises(exports.ExportRefused, match=f"does not hold the release 2026-12-01 but {RELEASE}"):
        exports.write(published, "2026-12-01")
    owner.execute("update publish.indicator_value set release_id = '2026-12-01'")
    assert exports.write(published, "2026-12-01") != first
    assert exports.write(published, RELEASE) == first
    assert _bytes(first) == before


def test_a_damaged_file_is_written_anew_and_a_whole_folder_is_left_alone(published):
    folder = exports.write(published, RELEASE)
    before, made = _bytes(folder), folder.stat().st_ino
    assert exports.write(published, RELEASE).stat().st_ino == made
    (folder / "area.csv").write_text("half a fi")
    (folder / "period.parquet").unlink()
    exports.write(published, RELEASE)
    assert _bytes(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [RELEASE]


def test_the_files_of_another_warehouses_release_of_the_same_day_are_replaced(published):
    folder = exports.write(published, RELEASE)
    before, package = _bytes(folder), _package(folder)
    (folder / "datapackage.json").write_text(json.dumps({**package, "created": "2020-01-01T00:00:00+00:00"}))
    exports.write(published, RELEASE)
    assert _bytes(folder) == before


def test_a_change_in_the_middle_of_an_export_is_not_half_seen(published, owner, monkeypatch):
    write = exports.files.write

    def meanwhile(*arguments):
        write(*arguments)
        owner.execute("update publish.indicator_value set release_id = 'next'")
        owner.execute("delete from publish.area")

    monkeypatch.setattr(exports.files, "write", meanwhile)
    folder = exports.write(published, RELEASE)
    assert [len(_csv(folder, table)) for table in TABLES] == [4, 2, 2, 2]


def test_it_reads_as_the_evaluator_or_through_a_connection_that_it_is_given(published, tmp_path):
    with connect(published, "vrn_owner") as connection:
        given = exports.write(replace(published, home=tmp_path / "given"), RELEASE, connection)
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert _bytes(given) == _bytes(exports.write(published, RELEASE))


def test_a_column_of_a_type_that_nobody_thought_of_is_refused_by_name(published, owner):
    owner.execute("alter table publish.area add column shape point")
    with pytest.raises(exports.ExportRefused, match=r"publish.area .* shape \(point\)"):
        exports.write(published, RELEASE)
