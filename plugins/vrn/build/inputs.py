"""What a layer's models rest on, and which of them rest on nothing that changed since the layer was built last: a build passes over
those and their tests.

The project's own files are no input here, because another project builds a layer whole. A model rests on deliveries of feeds, on
the day on which the home lives where its text asks for it, and on all deliveries where it reads the ledger itself. A model of
feeds asks the ledger only about the deliveries of those feeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cache
from typing import TYPE_CHECKING

import psycopg

from vrn.build.layers import LAYERS
from vrn.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DAY, LEDGER, UNSEEN = "the day", "the ledger", "what no delivery tells"
# Tables of ops that are written from the feed files, which are part of the project.
OF_THE_PROJECT = ("code_label", "feed", "feed_supplier")
COUNTED = "counted_submission"
# In the place of an input's state: a layer before was made anew for it.
FORGOTTEN = ""
# Publish is swapped in as a whole, so that all of it is built.
PASSED_OVER_IN = ("staging", "intermediate", "indicators", "counts", "marts")
# A table and its column of the period, without which a delivery is nothing to a model.
BEFORE_STAGING = ("ops.submission", "period_start")
# The ledger as this build knows it, once staging has taken it.
SINCE_STAGING = ("staging.stg_ops__submission", "period_start_on")
STATES = """
select feed, md5(string_agg(concat_ws(' ', submission_id, attempt, status, extract_as_at), ',' order by submission_id)) as found
from {} where status in ('accepted', 'superseded', 'refused') and {} is not null
group by feed
"""


def now(connection: psycopg.Connection, settings: Settings, layer: str) -> dict[str, str]:
    """The state of every input that a layer may rest on: each feed that something came of by a fingerprint of its deliveries, and
    the day on which the home lives."""
    ledger = BEFORE_STAGING if layer == "staging" else SINCE_STAGING
    found = {row["feed"]: row["found"] for row in connection.execute(STATES.format(*ledger))}
    day = settings.as_of or connection.execute("select ops.as_of() as day").fetchone()["day"]
    return found | {DAY: str(day)}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The inputs that are not as they were."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def unchanged(manifest: Manifest, layer: str, changed: Set[str]) -> set[str]:
    """The nodes of a layer, models and tests by their ids in dbt, that rest on none of the inputs that changed."""
    if layer not in PASSED_OVER_IN:
        return set()
    new = changed | {UNSEEN} | ({LEDGER} if changed - {DAY} else set())
    rests_on = resting(manifest)
    models = {node_id for node_id, node in manifest.nodes.items() if node.resource_type == "model" and not rests_on(node_id) & new}
    tests = {
        node_id
        for node_id, node in manifest.nodes.items()
        if node.resource_type == "test" and all(one in models or not _is_model(one) for one in node.depends_on.nodes)
    }
    return {one for one in models if _is_of(manifest, one, layer)} | tests


def tests_of_others(manifest: Manifest, layer: str) -> set[str]:
    """The tests that no build of this layer runs: those of other layers' models and seeds alone, and unit tests, which are the
    project's own (tests/unit/test_dbt.py runs them)."""
    return set(manifest.unit_tests) | {
        node_id
        for node_id, node in manifest.nodes.items()
        if node.resource_type == "test" and not any(_is_of(manifest, one, layer) for one in node.depends_on.nodes)
    }


def resting(manifest: Manifest):
    """A function that gives the inputs of a node."""

    @cache
    def of(node_id: str) -> frozenset[str]:
        if node_id in manifest.sources:
            return _of_source(manifest.sources[node_id])
        node = manifest.nodes.get(node_id) or manifest.functions.get(node_id)
        if node is None or node.resource_type == "seed":
            return frozenset()
        if node.name.startswith("stg_ops__"):
            return frozenset([LEDGER, UNSEEN])
        found = frozenset().union(*(of(one) for one in node.depends_on.nodes if not _is_ledger(one)))
        if any(map(_is_ledger, node.depends_on.nodes)) and not found - {DAY}:
            found |= {LEDGER}
        return found | ({DAY} if _asks_for_the_day(manifest, node) else set())

    return of


def _of_source(source) -> frozenset[str]:
    if source.source_name == "raw":
        return frozenset([source.name.partition("__")[0]])
    if source.source_name == "ops" and source.name in OF_THE_PROJECT:
        return frozenset()
    return frozenset([LEDGER if source.name == COUNTED else UNSEEN])


def _asks_for_the_day(manifest: Manifest, node) -> bool:
    texts = [node.raw_code, *(manifest.macros[one].macro_sql for one in _macros(manifest, tuple(node.depends_on.macros)))]
    return any("var('as_of')" in text for text in texts)


def _macros(manifest: Manifest, waiting: tuple[str, ...]) -> set[str]:
    """These macros of the project, and all that they call."""
    found: set[str] = set()
    left = list(waiting)
    while left:
        one = left.pop()
        if one not in found and one.startswith("macro.vrn.") and one in manifest.macros:
            found.add(one)
            left += manifest.macros[one].depends_on.macros
    return found


def _is_ledger(node_id: str) -> bool:
    return node_id.startswith("model.vrn.stg_ops__")


def _is_model(node_id: str) -> bool:
    return node_id.startswith("model.")


def _is_of(manifest: Manifest, node_id: str, layer: str) -> bool:
    """Whether a model or seed is built in this layer; of a source or function: no."""
    node = manifest.nodes.get(node_id)
    by = [one.partition(":") for one in LAYERS[layer]]
    return node is not None and any(
        node.original_file_path.startswith(f"{what}/") if how == "path" else str(node.resource_type) == what for how, _, what in by
    )
