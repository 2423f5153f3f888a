"""What dbt's lineage says of who reads the models is what the readers' own code says (issue 15, A)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from vrn.access.roles import BI_TABLES
from vrn.build import dbt
from vrn.projects.tables import TABLES as OF_PROJECTS
from vrn.publish.exports.tables import TABLES as OF_EXPORTS
from vrn.settings import REPOSITORY

LIBRARY = REPOSITORY / "plugins" / "vrn"
# A table after `from` or `join`; sources such as ops.submission are no models.
READ = re.compile(r"\b(?:from|join) (marts|publish)\.(\w+)")


def read_by(*paths: Path) -> set[str]:
    """The models whose tables these files name in SQL."""
    found = [match for path in paths for match in READ.findall(path.read_text(encoding="utf-8"))]
    return {f"publish__{table}" if schema == "publish" else table for schema, table in found}


def of_python(folder: str) -> set[str]:
    return read_by(*(LIBRARY / folder).rglob("*.py"))


@pytest.fixture(scope="module")
def said() -> dict[str, set[str]]:
    exposures = yaml.safe_load((REPOSITORY / "dbt_project/models/exposures.yml").read_text(encoding="utf-8"))["exposures"]
    return {one["name"]: {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in one["depends_on"]} for one in exposures}


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("site", lambda: of_python("report/site")),
        ("indicator_pages", lambda: of_python("report/indicator_pages")),
        ("partner_pages", lambda: of_python("report/partner_pages")),
        ("exports", lambda: of_python("publish/exports") | {f"publish__{table.name}" for table in OF_EXPORTS}),
        ("superset", lambda: read_by(*(REPOSITORY / "bi/superset/assets").rglob("*.yaml"))),
        ("projects", lambda: {table.model for table in OF_PROJECTS.values()}),
    ],
)
def test_an_exposure_names_each_model_that_its_readers_read_and_no_other(said, name, reads):
    assert said[name] == reads()


def test_what_dbt_calls_public_is_what_a_bi_reader_reads(built_server):
    """Issue 15, A: the rights of a reader and dbt's `access` are one thing."""
    models = [node for node in dbt.read(built_server).nodes.values() if node.resource_type == "model"]
    public = {node.alias for node in models if node.access == "public"}
    assert public == set(BI_TABLES)


def test_the_steps_of_a_figure_are_read_by_what_is_made_of_them_and_by_nobody_else(built_server):
    """Issue 15, A: dbt refuses another's `ref`, because they are private to their group."""
    nodes = [*dbt.read(built_server).nodes.values()]
    steps = {node.unique_id for node in nodes if node.resource_type == "model" and node.schema == "figures"}
    assert len(steps) > 10
    assert {(node.access, node.group) for node in nodes if node.unique_id in steps} == {("private", "figures")}
    readers = {node.name for node in nodes if node.resource_type == "model" and steps & set(node.depends_on.nodes)}
    # Charts ask which figures were made anew.
    made = {"fct_indicator_value", "fct_indicator_control_chart", "panel_area_month"}
    assert {name for name in readers if not name.startswith("figure__")} == made
