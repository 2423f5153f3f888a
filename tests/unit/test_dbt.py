"""The dbt project on an empty warehouse: the logic's unit tests, every layer, and the documentation."""

from __future__ import annotations

import gc
import importlib
import json
import os
import shutil
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.submissions import came
from vrn.build import dbt
from vrn.build import steps as build
from vrn.build.layers import LAYERS


@pytest.fixture
def built(built_server, home):
    return home


def test_every_layer_builds_before_the_first_delivery_and_every_row_says_that_nothing_came(built, owner):
    statuses = owner.execute("select status, count(count) as counts from marts.fct_indicator_value group by 1").fetchall()
    assert {row["status"]: row["counts"] for row in statuses} == {"awaiting_feed": 0, "before_series": 0, "not_applicable": 0}
    kept = owner.execute("select layer, bool_and(status in ('success', 'pass')) as well from ops.dbt_result group by 1").fetchall()
    assert {row["layer"]: row["well"] for row in kept} == dict.fromkeys(LAYERS, True)


def test_the_logic_passes_its_unit_tests_and_the_documentation_is_made(built):
    assert dbt.invoke(built, ["--quiet", "test", "--select", "test_type:unit"]).success
    assert "fct_indicator_value" in dbt.document(built).read_text(encoding="utf-8")


def test_the_columns_of_every_model_are_those_of_information_schema(built, owner):
    """Where dbt's own macro looks for them, in the columns of all tables (vrn.build.adapter)."""
    found = """
        {%- for node in graph.nodes.values() if node.resource_type == 'model' %}
        {%- set relation = api.Relation.create(node.database, node.schema | replace('publish_aside', 'publish'), node.alias) %}
        {%- for column in adapter.get_columns_in_relation(relation) %}
        {{ [relation.schema, relation.name, column.name, column.dtype, column.char_size, column.numeric_precision,
            column.numeric_scale] | tojson }}
        {%- endfor %}
        {%- endfor %}
    """
    (compiled,) = dbt.invoke(built, ["--quiet", "compile", "--inline", found]).result.results
    ours = {tuple(json.loads(line)) for line in compiled.node.compiled_code.splitlines() if line.strip()}
    theirs = owner.execute(
        "select table_schema, table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale "
        "from information_schema.columns where (table_schema, table_name) in (select * from unnest(%s::text[], %s::text[]))",
        [[one[0] for one in ours], [one[1] for one in ours]],
    ).fetchall()
    # Of what an array is made information_schema does not say.
    assert {(*one[:3], "ARRAY" if one[3].endswith("[]") else one[3], *one[4:]) for one in ours} == {
        tuple(row.values()) for row in theirs
    }
    assert len({one[:2] for one in ours}) > 200


def test_the_project_is_read_once_for_all_warehouses_and_days_of_a_process(built, monkeypatch):
    """Issue 17, point 2: to read it takes ten seconds of a processor."""
    dbt.read(built)
    read = dbt._read.cache_info().misses
    monkeypatch.setenv("VRN_AS_OF", "2020-08-25")
    nodes = dbt.read(replace(built, database="another")).nodes.values()
    assert {node.database for node in nodes} == {"another"}
    assert {node.relation_name.split(".")[0] for node in nodes if node.relation_name} == {'"another"'}
    assert {node.database for node in dbt.read(built).nodes.values()} == {built.database}
    assert dbt._read.cache_info().misses == read


def test_what_a_command_writes_into_the_project_the_next_command_does_not_see(built):
    """dbt cannot compile a foreign key that is compiled, and a node that one build passes over has no text there."""
    before, written = dbt.read(built), dbt.read(built)
    for node in written.nodes.values():
        node.raw_code, node.columns = "", {}
    after, as_dbt_copies = dbt.read(built), dbt.look(built).deepcopy()
    for part in ("macros", "docs", "groups", "exposures", "unit_tests", "files"):
        assert getattr(after, part) == getattr(as_dbt_copies, part), part
    for part in ("sources", "functions", "flat_graph"):
        assert getattr(after, part) == getattr(before, part), part
    texts = [{key: (node.raw_code, node.columns, node.config) for key, node in one.nodes.items()} for one in (before, after)]
    assert texts[0] == texts[1]
    assert any(columns for _, columns, _ in texts[1].values())


def test_after_a_command_of_dbt_garbage_is_looked_for_as_before(built):
    usual, own = gc.get_threshold(), (777, 7, 7)
    gc.set_threshold(*own)
    try:
        assert dbt.invoke(built, ["--quiet", "ls", "--select", "dim_area"]).success
        assert not dbt.invoke(built, ["--quiet", "run", "--no_such_option"]).success
        assert gc.get_threshold() == own
    finally:
        gc.set_threshold(*usual)


def test_what_a_process_has_loaded_by_its_first_reading_is_not_looked_through_for_garbage_again(built):
    dbt.look(built)
    looked_through = {id(thing) for thing in gc.get_objects()}
    assert gc.get_freeze_count() > 100_000
    assert not looked_through & {id(vars(sys.modules[name])) for name in ("dbt.cli.main", "vrn.build.dbt")}


def test_what_dbt_reads_of_the_environment_is_not_there_when_it_has_read(built):
    before = dict(os.environ)
    assert dbt.invoke(built, ["--quiet", "ls", "--select", "dim_area"]).success
    assert dict(os.environ) == before
    assert "DBT_ENV_SECRET_VRN_PASSWORD" not in os.environ


def test_commands_of_two_threads_take_turns_because_a_process_has_one_environment_and_one_adapter(home, monkeypatch):
    # To load dbt takes seconds as well.
    importlib.import_module("vrn.build.adapter")
    both_at_work, overlapped = threading.Barrier(2), []

    class Runner:
        def __init__(self, manifest):
            pass

        def invoke(self, arguments):
            with suppress(threading.BrokenBarrierError):
                both_at_work.wait(timeout=1)
                overlapped.append(arguments)

    monkeypatch.setattr("dbt.cli.main.dbtRunner", Runner)
    # To read the project takes seconds, by which the two would miss each other.
    monkeypatch.setattr(dbt, "read", lambda settings: None)
    commands = [threading.Thread(target=dbt.invoke, args=(home, ["list"])) for _ in range(2)]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert not overlapped


def test_seeds_and_statistics_are_loaded_again_when_they_changed_and_not_when_a_model_did(built, owner, tmp_path, monkeypatch):
    before = build.codes(built)
    assert build.take(build.REFERENCE) == {}
    shutil.copytree(built.dbt_project, tmp_path / "project")
    monkeypatch.setenv("VRN_DBT_PROJECT", str(tmp_path / "project"))
    _add_a_line(built.dbt_project / "models/marts/dim_area.sql", "-- a comment")
    assert _changed(before, build.codes(built)) == set(before) - {build.REFERENCE}
    _add_a_line(built.dbt_project / "seeds/geography/area.csv", "X99,Nowhere,country,99")
    assert _changed(before, build.codes(built)) == set(before)
    assert build.take(build.REFERENCE)["success"] > 0
    assert owner.execute("select area_name from reference.area where area_code = 'X99'").fetchall() == [{"area_name": "Nowhere"}]


def _add_a_line(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text(encoding='utf-8').rstrip()}\n{line}\n", encoding="utf-8")


def _changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {layer for layer in before if before[layer] != after[layer]}


def test_a_layer_whose_test_fails_is_refused_by_name_and_kept_in_ops(built, owner):
    counts = {"rows_in_file": 1, "rows_accepted": 1, "rows_quarantined": 0, "rows_duplicate": 0}
    came(owner, "x", status="accepted", feed="police_stop_search", supplier="x", period_start="2020-01-01", **counts)
    _with_a_row_without_type(built)
    with pytest.raises(build.BuildFailed, match="never_null_stg_police_stop_search__search"):
        build.take("staging")
    bad = owner.execute("select node_id from ops.dbt_result where status = 'fail'").fetchall()
    assert len(bad) >= 1


def _with_a_row_without_type(settings) -> None:
    from vrn.warehouse.connection import connect

    with connect(settings, autocommit=True) as loader:
        loader.execute("create table raw.bad partition of raw.police_stop_search__search for values in (1)")
        loader.execute(
            "insert into raw.police_stop_search__search (submission_id, row_number, searched_at) values (1, 2, '2020-01-01')"
        )
