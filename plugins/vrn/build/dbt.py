"""dbt in this process, as the warehouse's owner. The project is read once and serves every command that follows."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pickle
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from vrn.errors import VrnError
from vrn.feeds import code_files, dbt_sources
from vrn.settings import Settings
from vrn.warehouse.roles import OWNER

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# What a project is made of, for its fingerprint.
SUFFIXES = (".sql", ".yml", ".csv", ".yaml")
# A process works on one project; the tests on a few.
READINGS_KEPT = 4
# Objects made since the last look through the young, and looks through them for each through those that outlived them.
SELDOM = (100_000, 20, 100)
# The environment and dbt's adapter belong to the whole process, so that commands of two threads take turns.
AT_WORK = threading.RLock()


class ProjectUnreadable(VrnError):
    """The dbt project cannot be read; the message is dbt's."""


def invoke(
    settings: Settings,
    arguments: Sequence[str],
    variables: Mapping[str, object] | None = None,
    *,
    without: Iterable[str] = (),
) -> dbtRunnerResult:
    """Run a dbt command on this home's warehouse, with other values of the project's variables where they are given.

    without: ids of models, tests and unit tests that no selection of this command finds. Others may rest on the models all the
    same: to dbt a model without a text is there, and nothing is to be done for it.
    """
    from dbt.cli.main import dbtRunner

    from vrn.build import adapter

    manifest = read(settings)
    for node_id in without:
        _leave_out(manifest, node_id)
    runner = dbtRunner(manifest)
    with _environment_of(settings), _seldom_collected(), adapter.in_place():
        return runner.invoke([*arguments, *_options(settings, variables)])


def _leave_out(manifest: Manifest, node_id: str) -> None:
    """A test is deleted, because dbt's graph and its choice of nodes take as long for a test that does not run as for one that
    does."""
    if node_id in manifest.unit_tests:
        del manifest.unit_tests[node_id]
    elif manifest.nodes[node_id].resource_type == "test":
        del manifest.nodes[node_id]
    else:
        manifest.nodes[node_id].raw_code = ""


def document(settings: Settings) -> Path | None:
    """Write dbt's documentation as one page without a network. Returns where it is; None when dbt could not make it."""
    from dbt.cli.main import dbtRunner

    # This command writes down what it reads, so it reads for itself.
    with _environment_of(settings):
        done = dbtRunner().invoke(["--quiet", "docs", "generate", "--static", "--write-json", *_options(settings)])
    return settings.dbt_target / "static_index.html" if done.success else None


def read(settings: Settings) -> Manifest:
    """The project as dbt reads it, for a command to write into: a foreign key, once compiled, cannot be compiled again."""
    known = _known(settings)
    manifest = known.copy()
    if known.database != settings.database:
        _move(manifest, known.database, settings.database)
    return manifest


def look(settings: Settings) -> Manifest:
    """The project as dbt reads it, to be looked at alone, because to copy it takes time. It may name the database of another
    warehouse."""
    return _known(settings).manifest


def _known(settings: Settings) -> Reading:
    """Reading takes ten seconds of a processor, so this process keeps what it read until a file changes: for every warehouse, and
    for all values of the project's variables, which dbt asks for when it compiles a model."""
    folders = _folders(settings)
    with _environment_of(settings):
        return _read(tuple(folders), code(settings))


@dataclass(frozen=True)
class Reading:
    """The project as it was read for a database."""

    manifest: Manifest
    database: str

    def copy(self) -> Manifest:
        """Another manifest, of which a command may change what it likes. dbt's own copy, by way of dictionaries, takes five times
        as long."""
        from dbt.contracts.graph.manifest import Manifest

        with _seldom_collected():
            return Manifest(**pickle.loads(self._packed))

    @cached_property
    def _packed(self) -> bytes:
        # Not the manifest itself, because dbt packs its look-ups in another order than that in which it unpacks them.
        copied = self.manifest.deepcopy()
        parts = [field.name for field in fields(copied) if not field.name.startswith("_")]
        return pickle.dumps({part: getattr(copied, part) for part in parts}, pickle.HIGHEST_PROTOCOL)


@lru_cache(READINGS_KEPT)
def _read(options: tuple[str, ...], _code: str) -> Reading:
    from dbt.cli.main import dbtRunner

    settings = Settings()
    _forget_what_other_macros_made()
    with _seldom_collected():
        done = dbtRunner().invoke(["--quiet", "parse", *options])
        _keep_for_good()
    if not done.success:
        raise ProjectUnreadable(f"dbt cannot read its project: {done.exception}")
    return Reading(done.result, settings.database)


@cache
def _keep_for_good() -> None:
    """What this process has loaded by its first reading, dbt above all, is never looked through for garbage again: to do so after
    every command takes a tenth of a build."""
    gc.collect()
    gc.freeze()


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """dbt makes much that it keeps: to look through all of it for garbage as often as Python does takes a fifth of a build. Looked
    through seldom, and the old hardly ever, a build's process grows by 6 % (never: by 60 %)."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _move(manifest: Manifest, before: str, database: str) -> None:
    """Say of every relation of a project that it is in another database."""
    for node in (*manifest.nodes.values(), *manifest.sources.values(), *manifest.functions.values()):
        node.database = database
        if getattr(node, "relation_name", None):
            node.relation_name = node.relation_name.replace(f'"{before}".', f'"{database}".', 1)


def _forget_what_other_macros_made() -> None:
    """dbt reads again what a changed macro is called by, but not functions: without this it takes theirs for unchanged."""
    settings = Settings()
    parsed, made_by = settings.dbt_target / "partial_parse.msgpack", settings.dbt_target / "macros.sha256"
    macros = code(settings, "macros/**/*")
    if not made_by.exists() or made_by.read_text() != macros:
        parsed.unlink(missing_ok=True)
        made_by.parent.mkdir(parents=True, exist_ok=True)
        made_by.write_text(macros)


def _folders(settings: Settings) -> list[str]:
    dbt_sources.write(settings)
    folder = str(settings.dbt_project)
    return ["--project-dir", folder, "--profiles-dir", folder]


def _options(settings: Settings, variables: Mapping[str, object] | None = None) -> list[str]:
    as_of = {"as_of": f"date '{settings.as_of}'"} if settings.as_of else {}
    said = as_of | dict(variables or {})
    return [*_folders(settings), *(["--vars", json.dumps(said)] if said else [])]


@contextmanager
def _environment_of(settings: Settings) -> Iterator[None]:
    """What dbt reads, and only while it reads: what this process does or starts later has neither the owner's password nor the
    name of the last warehouse that was built. Another thread waits for its turn."""
    given = environment(settings)
    with AT_WORK:
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


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


def code(settings: Settings, *patterns: str) -> str:
    """SHA-256 of the project's files under these patterns; without any, of all its files and of the feed files, whose labels
    models join."""
    found = hashlib.sha256()
    _add(found, settings.dbt_project, patterns or ("**/*",))
    if not patterns:
        _add(found, settings.contracts, ("*.odcs.yaml",))
    return found.hexdigest()


def _add(found, folder: Path, patterns: Sequence[str]) -> None:
    for path in code_files.of(folder, *patterns):
        if path.suffix in SUFFIXES:
            found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
