"""What a build leaves out: models that failed, and all that rests on them; everything else is built.

The figures of an indicator that is left out stay as they were (dbt_project/macros/left_out.sql). What every figure rests on
cannot be left out: then the build stops.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from vrn.build.layers import LAYERS
from vrn.feeds import catalogue
from vrn.feeds.contract import Contract
from vrn.settings import Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Layers whose models belong to some figures only, and those that all figures go through.
OF_SOME, OF_ALL = (
    ("staging", "intermediate", "indicators"),
    ("models/counts/", "models/publish/", "functions/figures/", "functions/publish/"),
)
BAD = ("error", "fail")
# What failed when each layer was built last. Layers are built in order, so that those before this one are of the same build.
FAILED = """
with last as (
    select distinct on (layer) layer, invocation_id from ops.dbt_result where layer = any(%s) order by layer, finished_at desc
)
select node_id from ops.dbt_result inner join last using (layer, invocation_id) where status = any(%s)
"""


@dataclass(frozen=True)
class LeftOut:
    """Names of models, and ids of those indicators among them. is_of_all: every figure rests on one of them."""

    models: tuple[str, ...]
    indicators: tuple[str, ...]
    is_of_all: bool


def before(connection: psycopg.Connection, layer: str) -> list[str]:
    """The nodes that failed in the layers before this one."""
    return failed(connection, [name for name in list(LAYERS)[: list(LAYERS).index(layer)] if name in OF_SOME])


def failed(connection: psycopg.Connection, layers: Sequence[str]) -> list[str]:
    """The nodes that failed when each of these layers was built last, by their ids in dbt."""
    return [row["node_id"] for row in connection.execute(FAILED, [list(layers), list(BAD)])]


def without_table(connection: psycopg.Connection, settings: Settings, manifest: Manifest) -> list[str]:
    """The sources that have no table, because their feed file cannot be read and never could."""
    broken = {feed for feed, one in catalogue.every(settings.contracts).items() if not isinstance(one, Contract)}
    sources = {
        f"raw.{source.name}": node_id
        for node_id, source in manifest.sources.items()
        if source.source_name == "raw" and source.name.partition("__")[0] in broken
    }
    rows = connection.execute("select name from unnest(%s::text[]) as name where to_regclass(name) is null", [list(sources)])
    return [sources[row["name"]] for row in rows]


def resting_on(manifest: Manifest, nodes: Iterable[str]) -> LeftOut:
    """The models among these nodes, those that failed tests looked at, and every model that rests on one of them."""
    manifest.build_parent_and_child_maps()
    waiting = [one for node in nodes for one in _looked_at(manifest, node)]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            # The table of counts does without an indicator that is left out.
            if _is_indicator(manifest, node):
                continue
            waiting += [child for child in manifest.child_map.get(node, []) if not child.startswith(("test.", "unit_test."))]
    models = [manifest.nodes[node] for node in sorted(found) if node in manifest.nodes]
    functions = [manifest.functions[node] for node in found if node in manifest.functions]
    return LeftOut(
        models=tuple(model.name for model in models),
        indicators=tuple(
            model.config.meta["indicator"]["indicator_id"] for model in models if _is_indicator(manifest, model.unique_id)
        ),
        is_of_all=any(one.original_file_path.startswith(OF_ALL) for one in (*models, *functions)),
    )


def _is_indicator(manifest: Manifest, node: str) -> bool:
    return node in manifest.nodes and "indicator" in manifest.nodes[node].config.meta


def _looked_at(manifest: Manifest, node: str) -> list[str]:
    """The models of a test; any other node itself."""
    test = manifest.nodes.get(node)
    if test is None or test.resource_type != "test":
        return [node]
    return [test.attached_node] if getattr(test, "attached_node", None) else list(test.depends_on.nodes)
