"""The build of the outcomes, step by step in one process; what each step and each of its nodes did is kept in ops."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from vrn.build import dbt, in_force, inputs, left_out, names, table_swap
from vrn.build.layers import GATHER, LAYERS, LINK, STEPS
from vrn.errors import VrnError
from vrn.feeds import catalogue
from vrn.ledger import store as ledger
from vrn.ledger import timing
from vrn.settings import Settings
from vrn.stage import raw
from vrn.warehouse import locks, way
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

log = logging.getLogger(__name__)

# A delivery that is not judged by then is somebody's to look at, and no build waits for it any longer.
LONGEST_WAIT = timedelta(minutes=30)
SECONDS_BETWEEN_LOOKS = 1.0
REFERENCE, STAGING, INTERMEDIATE = "reference", "staging", "intermediate"
# Seeds and statistics are the project's own: neither a delivery nor a model changes them.
REFERENCE_FILES = ("seeds/**/*", "functions/stats/*", "macros/**/*", "tests/**/*", "dbt_project.yml")


class BuildFailed(VrnError):
    """A model could not be built or a test failed; the message names the nodes."""


class PartlyBuilt(BuildFailed):
    """Some models of a layer failed, and only some figures rest on them: the steps that follow leave those out."""


class NothingToBuild(VrnError):
    """What is built is all of this project on the deliveries as they are."""


@contextmanager
def alone(waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait until nobody makes or copies the tables of a build, and keep others waiting: two builds would make the same tables, and
    who fills the database of readers (vrn.publish.readers) reads them. waits: is called where somebody does."""
    with connect(Settings(), autocommit=True) as connection:
        locks.for_session(connection, locks.Job.BUILD, waits=waits)
        yield


def everything() -> None:
    """Take every step of a build. Raises BuildFailed at the first that cannot be taken, or at the end when some figures were left
    out."""
    failures = []
    with alone():
        for step in STEPS:
            try:
                take(step)
            except PartlyBuilt as error:
                failures.append(str(error))
    if failures:
        raise BuildFailed("\n".join(failures))


def take(step: str, *, is_due: bool = True) -> dict[str, int]:
    """Build and test one layer, link persons, or wait for what came together. Returns what was counted: nodes by their status, or
    records and links.

    is_due: build even though nothing came, because a new day makes figures late. Raises NothingToBuild otherwise. After PartlyBuilt
    the next step can be taken; after any other BuildFailed it cannot.
    """
    if step == GATHER:
        return gather(is_due=is_due)
    return _link() if step == LINK else _build(step)


def gather(*, is_due: bool) -> dict[str, int]:
    """Wait until what came lately is judged, so that one build serves all of it. Returns nothing to count.

    Nothing waits for a held delivery, nor longer than LONGEST_WAIT for one whose steps failed. Raises NothingToBuild.
    """
    settings = Settings()
    with connect(settings, autocommit=True) as connection:
        while ledger.under_way(connection, LONGEST_WAIT):
            time.sleep(SECONDS_BETWEEN_LOOKS)
    with connect(settings, OWNER) as connection:
        if not is_due and unbuilt(connection, settings) is None:
            raise NothingToBuild("Nothing came since the last build.")
    return {}


def _link() -> dict[str, int]:
    # Here, because Splink and pandas take a second to import, and whoever only asks how a build is has no use for them.
    from vrn.build.linkage import persons

    settings = Settings()
    with connect(settings, autocommit=True) as connection, timing.step(connection, LINK):
        return persons.link(settings)


def _build(layer: str) -> dict[str, int]:
    settings = Settings()
    # Before anything is built: what names a thing that was deleted would stop a later step, and nobody would see which line did.
    if layer == REFERENCE and (lost := names.dangling(settings.dbt_project)):
        raise BuildFailed(f"Nothing was built, and what was built last stays. {' '.join(lost)}")
    ours, last = codes(settings)[layer], _last_built(settings, layer)
    is_ours = last is not None and last["code"] == ours
    if layer == REFERENCE and is_ours and last["ledger"] is not None:
        return {}
    with connect(settings, autocommit=True) as connection, timing.step(connection, f"dbt {layer}"):
        if layer == "publish":
            _settle_release(settings)
        if layer == STAGING and not is_ours:
            _make_sources(connection, settings)
        failed = left_out.before(connection, layer)
        manifest = dbt.look(settings)
        out = left_out.resting_on(manifest, [*failed, *left_out.without_table(connection, settings, manifest)])
        rests_on = _inputs(settings, layer)
        is_known = is_ours and last["inputs"] is not None and not out.models
        changed = inputs.changed(last["inputs"], rests_on) if is_known else None
        _forget(settings, layer, is_ours=is_ours, changed=changed)
        unchanged = set() if changed is None else inputs.unchanged(manifest, layer, changed)
        selected = ["--select", *LAYERS[layer], *([] if is_ours else ["--full-refresh"])]
        selected += ["--exclude", *out.models] if out.models else []
        variables = {"left_out": out.indicators} if out.indicators else {}
        # What was made until then was tested, because that build ended well.
        variables |= {"last_whole": last["revision"]} if is_known else {}
        # dbt replaces tables that evaluators read.
        with way.made_free(settings.conninfo(OWNER), way.LONGEST_READ):
            done = dbt.invoke(
                settings,
                ["build", "--indirect-selection", "buildable", *selected],
                variables,
                without=unchanged | inputs.tests_of_others(manifest, layer),
            )
        results = list(done.result.results) if done.result is not None else []
        if layer == "publish" and done.success:
            table_swap.swap(settings)
        _keep(settings, layer, results, ours if done.success and not failed else None, rests_on)
        # Within the step, or it would be kept as one that ended well.
        if not done.success:
            raise _failure(layer, results, manifest, done.exception)
    # What was accepted after this step had looked, and before dbt did, is in the ledger of this build, and nobody tested it.
    if layer == STAGING and _inputs(settings, INTERMEDIATE) != rests_on:
        return _build(layer)
    counts: dict[str, int] = {}
    for result in results:
        counts[str(result.status)] = counts.get(str(result.status), 0) + 1
    return counts


def _settle_release(settings: Settings) -> None:
    with connect(settings, OWNER) as connection:
        if given_up := in_force.give_up_if_taken_back(connection):
            log.warning("%s Readers see the one before.", given_up)


def _failure(layer: str, results: list, manifest, exception: BaseException | None) -> BuildFailed:
    bad = [f"{r.node.name} ({r.status})" for r in results if str(r.status) in (*left_out.BAD, "skipped")]
    reason = ", ".join(bad) or str(exception)
    out = left_out.resting_on(manifest, [r.node.unique_id for r in results if str(r.status) in left_out.BAD])
    if layer in left_out.OF_SOME and out.models and not out.is_of_all:
        kept = f"The figures of {', '.join(out.indicators)} stay as they were" if out.indicators else "No figure rests on them"
        return PartlyBuilt(f"Of the layer {layer} was not built: {reason}. {kept}; everything else is built.")
    return BuildFailed(f"The layer {layer} was not built: {reason}. The last good tables stay where nothing was rebuilt.")


def codes(settings: Settings) -> dict[str, str]:
    """Fingerprint of what each layer is made by: what another one built is built anew."""
    return dict.fromkeys(LAYERS, dbt.code(settings)) | {REFERENCE: dbt.code(settings, *REFERENCE_FILES)}


def unbuilt(connection: psycopg.Connection, settings: Settings) -> str | None:
    """Why what is built is not all of this project on the deliveries as they are now, and what to do; None where it is."""
    built = {row["layer"]: row for row in connection.execute("select * from ops.built_layer").fetchall()}
    if not built:
        return "Nothing was built yet, so there is nothing to release. Run `make run` first."
    if broken := [layer for layer in LAYERS if layer not in built or built[layer]["ledger"] is None]:
        layers = ", ".join(broken)
        return f"The outcomes are half built ({layers}): a build is under way or failed. See build_outcomes, or run `make build`."
    if {layer: built[layer]["code"] for layer in LAYERS} != codes(settings):
        return "The project changed since the outcomes were built. Run `make build`."
    if {built[layer]["ledger"] for layer in LAYERS if layer != REFERENCE} != {ledger.fingerprint(connection)}:
        return "Deliveries came or went since the outcomes were built. Run `make build`."
    return None


def _make_sources(connection, settings: Settings) -> None:
    """Every feed's tables are there before the first delivery, so that a feed that never came is empty and not an error.

    Those of a feed whose file cannot be read stay as they were made last.
    """
    from vrn.build.linkage import persons

    for contract in catalogue.sound(settings.contracts):
        raw.ensure_tables(connection, contract)
        raw.write_labels(connection, contract)
        raw.write_feed(connection, contract)
    persons.ensure_table(settings)


def _inputs(settings: Settings, layer: str) -> dict[str, str]:
    with connect(settings, OWNER) as connection:
        # The reference layer rests on the project alone, and is built before there is a ledger to ask.
        return {} if layer == REFERENCE else inputs.now(connection, settings, layer)


def _last_built(settings: Settings, layer: str) -> dict | None:
    """Which project built the layer, from what, and when it was whole."""
    with connect(settings, OWNER) as connection:
        return connection.execute("select code, ledger, inputs, revision from ops.built_layer where layer = %s", [layer]).fetchone()


def _forget(settings: Settings, layer: str, *, is_ours: bool, changed: set[str] | None) -> None:
    """From now on neither this layer nor a later one is whole, and nobody knows what this one was made from.

    changed: the inputs for which the layer is made anew; None where all of it is. Tables that are made anew take the views of later
    layers with them, so that these are not passed over, whatever their inputs are by then: a delivery may be withdrawn before.
    By which project it is made nobody knows either until it is whole, because the old project may come back before.
    """
    _, *later = layers = list(LAYERS)[list(LAYERS).index(layer) :]
    with connect(settings, OWNER) as connection:
        connection.execute("update ops.built_layer set ledger = null where layer = any(%s)", [layers])
        if changed is None:
            connection.execute("update ops.built_layer set inputs = null where layer = any(%s)", [layers])
        else:
            connection.execute("update ops.built_layer set inputs = null where layer = %s", [layer])
            connection.execute(
                "update ops.built_layer set inputs = inputs || %s where layer = any(%s)",
                [Jsonb(dict.fromkeys(changed, inputs.FORGOTTEN)), later],
            )
        if not is_ours:
            connection.execute("update ops.built_layer set code = '' where layer = %s", [layer])


def _keep(settings: Settings, layer: str, results: list, code_of_whole: str | None, rests_on: dict[str, str]) -> None:
    """What each node did, and, where the layer is whole, which project built it."""
    invocation = uuid.uuid4().hex
    rows = [
        (
            invocation,
            layer,
            result.node.unique_id,
            str(result.node.resource_type),
            str(result.status),
            result.failures,
            result.execution_time,
            datetime.now(UTC),
        )
        for result in results
    ]
    with connect(settings, OWNER) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.dbt_result "
            "(invocation_id, layer, node_id, resource_type, status, failures, seconds, finished_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )
        if code_of_whole is not None:
            # The reference layer rests on no delivery, and comes before this build looks at the ledger.
            built_from = "" if layer == REFERENCE else ledger.fingerprint(connection, "staging.stg_ops__submission")
            cursor.execute(
                "insert into ops.built_layer (layer, code, ledger, inputs, revision) "
                "values (%s, %s, %s, %s, nextval('ops.built_revision')) on conflict (layer) do update "
                "set (code, ledger, inputs, revision) = (excluded.code, excluded.ledger, excluded.inputs, excluded.revision)",
                [layer, code_of_whole, built_from, Jsonb(rests_on)],
            )
