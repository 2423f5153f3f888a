"""dbt, a layer at a time, in this process; what each node did is kept in ops.dbt_result."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from vrn import contract as contracts
from vrn import dbt_sources, raw, table_swap
from vrn import submission as ledger
from vrn.database import connect
from vrn.errors import VrnError
from vrn.layers import LAYERS
from vrn.linkage import persons
from vrn.period import ANY_PERIOD
from vrn.settings import Settings
from vrn.warehouse import OWNER


class BuildFailed(VrnError):
    """A model could not be built or a test failed; the message names the nodes."""


def build(layer: str) -> dict[str, int]:
    """Build and test one layer. Returns how many nodes ended in each status. Raises BuildFailed."""
    settings = Settings()
    ours, last = code(settings), _last_built(settings, layer)
    is_ours = last is not None and last["code"] == ours
    if layer == "reference" and is_ours and last["ledger"] is not None:
        # Seeds and functions are the project's own: no delivery changes them.
        return {}
    refresh = [] if is_ours else ["--full-refresh"]
    _forget(settings, layer)
    with connect(settings, autocommit=True) as connection, ledger.step(connection, f"dbt {layer}"):
        if layer == "reference":
            _make_sources(connection, settings)
        done = invoke(
            settings,
            [
                "build",
                "--indirect-selection",
                "buildable",
                "--exclude-resource-type",
                "unit_test",
                "--select",
                *LAYERS[layer],
                *refresh,
            ],
        )
        results = list(done.result.results) if done.result is not None else []
        if layer == "publish" and done.success:
            table_swap.swap(settings)
    _keep(settings, layer, results, ours if done.success else None)
    if not done.success:
        bad = [f"{r.node.name} ({r.status})" for r in results if str(r.status) in ("error", "fail", "skipped")]
        reason = ", ".join(bad) or str(done.exception)
        raise BuildFailed(f"The layer {layer} was not built: {reason}. The last good tables stay where nothing was rebuilt.")
    counts: dict[str, int] = {}
    for result in results:
        counts[str(result.status)] = counts.get(str(result.status), 0) + 1
    return counts


def invoke(settings: Settings, arguments: Sequence[str]):
    """Run a dbt command on this home's warehouse as its owner."""
    from dbt.cli.main import dbtRunner

    os.environ.update(environment(settings))
    dbt_sources.write(settings)
    folder = str(settings.dbt_project)
    return dbtRunner().invoke([*arguments, "--project-dir", folder, "--profiles-dir", folder])


def environment(settings: Settings) -> dict[str, str]:
    """What dbt_project/profiles.yml and dbt itself read. dbt keeps DBT_ENV_SECRET_ values out of its logs."""
    return {
        "VRN_PG_HOST": settings.pg_host,
        "VRN_PG_PORT": str(settings.pg_port),
        "VRN_PG_DATABASE": settings.database,
        "DBT_ENV_SECRET_VRN_PASSWORD": settings.password(OWNER),
        "DBT_TARGET_PATH": str(settings.dbt_target),
        "DBT_LOG_PATH": str(settings.logs / "dbt"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def code(settings: Settings) -> str:
    """Fingerprint of the project and of the feed files, whose labels models join: what another one built is built anew."""
    found = hashlib.sha256()
    for folder, pattern in ((settings.dbt_project, "*.*"), (settings.contracts, "*.odcs.yaml")):
        for path in sorted(folder.rglob(pattern)):
            if path.suffix in (".sql", ".yml", ".csv", ".yaml") and path != dbt_sources.path(settings):
                found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def ledger_of(connection: psycopg.Connection, table: str) -> str:
    """Fingerprint of the submissions in ops.submission, or in the table that a build took from it."""
    query = (
        "select md5(coalesce(string_agg(submission_id || ' ' || status, ',' order by submission_id), '')) as found "
        "from {} where status in ('accepted', 'superseded', 'refused') and {} is not null"
    )
    column = "period_start" if table == "ops.submission" else "period_start_on"
    return connection.execute(sql.SQL(query).format(sql.SQL(table), sql.Identifier(column))).fetchone()["found"]


def unbuilt(connection: psycopg.Connection, settings: Settings) -> str | None:
    """Why what is built is not all of this project on the deliveries as they are now, and what to do; None where it is."""
    built = {row["layer"]: row for row in connection.execute("select * from ops.built_layer").fetchall()}
    if not built:
        return "Nothing was built yet, so there is nothing to release. Run `make run` first."
    if broken := [layer for layer in LAYERS if layer not in built or built[layer]["ledger"] is None]:
        return f"The outcomes are half built ({', '.join(broken)}): a build is under way or failed. See build_outcomes in Airflow."
    if {row["code"] for row in built.values()} != {code(settings)}:
        return "The project changed since the outcomes were built. Run build_outcomes, and release then."
    if {built[layer]["ledger"] for layer in LAYERS if layer != "reference"} != {ledger_of(connection, "ops.submission")}:
        return "Deliveries came or went since the outcomes were built. Wait for build_outcomes to end."
    return None


def _make_sources(connection, settings: Settings) -> None:
    """Every feed's tables are there before the first delivery, so that a feed that never came is empty and not an error."""
    for path in sorted(settings.contracts.glob("*.odcs.yaml")):
        contract = contracts.load(path, ANY_PERIOD)
        raw.ensure_tables(connection, contract)
        raw.write_labels(connection, contract)
        raw.write_feed(connection, contract)
    persons.ensure_table(settings)


def _last_built(settings: Settings, layer: str) -> dict | None:
    with connect(settings, OWNER) as connection:
        return connection.execute("select code, ledger from ops.built_layer where layer = %s", [layer]).fetchone()


def _forget(settings: Settings, layer: str) -> None:
    """From now on neither this layer nor a later one is whole."""
    later = list(LAYERS)[list(LAYERS).index(layer) :]
    with connect(settings, OWNER) as connection:
        connection.execute("update ops.built_layer set ledger = null where layer = any(%s)", [later])


def _keep(settings: Settings, layer: str, results: list, code_of_whole: str | None) -> None:
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
            # The reference layer comes before this build's look at the ledger.
            built_from = "" if layer == "reference" else ledger_of(connection, "staging.stg_ops__submission")
            cursor.execute(
                "insert into ops.built_layer (layer, code, ledger) values (%s, %s, %s) "
                "on conflict (layer) do update set code = excluded.code, ledger = excluded.ledger",
                [layer, code_of_whole, built_from],
            )
