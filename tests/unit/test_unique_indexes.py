"""Keys that no test of dbt looks at, because a unique index holds them."""

from __future__ import annotations

import re

import psycopg
import pytest

from vrn.build import dbt
from vrn.settings import REPOSITORY

# Beside what a model's file says, so that a key without an index is missed.
KEYS = {
    "int_crime__reference": {"crime_ref", "month_on"},
    "int_crime__street_identifier": {"crime_id", "month_on"},
    "int_encompass__child_incident": {"child_incident", "month_on"},
    "publish__partner_indicator_value": {
        "partner", "indicator_id", "area_code", "period_id", "sex", "age_band", "ethnicity", "imd_quintile"
    },
}  # fmt: skip
UNIQUE = """
select array_agg(attname::text) as columns from pg_index
inner join pg_attribute on attrelid = indrelid and attnum = any(indkey)
where indisunique and indrelid = %s::regclass group by indexrelid
"""


@pytest.mark.parametrize("model", KEYS)
def test_a_key_that_an_index_holds_is_unique(built_server, owner: psycopg.Connection, model: str):
    (node,) = (node for node in dbt.read(built_server).nodes.values() if node.name == model)
    # Those of publish lie there when they are swapped in.
    relation = f"{node.schema.removesuffix('_aside')}.{node.alias}"
    assert KEYS[model] in [set(row["columns"]) for row in owner.execute(UNIQUE, [relation]).fetchall()]


def test_the_page_on_growing_says_of_every_model_with_a_unique_index_how_it_would_be_distributed(built_server):
    """Citus wants the distribution column in it (docs/growing.md)."""
    page = (REPOSITORY / "docs" / "growing.md").read_text(encoding="utf-8")
    section = page.partition("### Unique indexes")[2].partition("###")[0]
    nodes = (node for node in dbt.read(built_server).nodes.values() if str(node.resource_type) == "model")
    models = {node.name for node in nodes if any(one.get("unique") for one in node.config.get("indexes") or [])}
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == models
