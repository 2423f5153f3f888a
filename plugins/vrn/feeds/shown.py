"""The little of a feed file that a DAG shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vrn.errors import ContractError
from vrn.feeds import document as documents
from vrn.feeds.grammar import custom


@dataclass(frozen=True)
class Feed:
    """A feed as its DAG names and describes it."""

    name: str
    title: str
    domain: str
    purpose: str
    limitations: str
    owner: str
    folder: str
    whole: Mapping[str, str]
    takes_archives: bool
    poll: str | None


# When a partner's server is asked for new files, unless the feed file says otherwise.
POLL = "*/30 * * * *"
# Nine lines of ten, of which a DAG shows nothing: up to the next key at the margin.
SCHEMA = re.compile(r"^schema:.*\n(?:(?![A-Za-z]).*\n)*", re.MULTILINE)
PREFIX, ENDING = "ingest__", ".odcs.yaml"


def listed(folder: Path, dag_id: str | None = None) -> list[Feed]:
    """The feeds of a folder of feed files whose file can be read, by name; only the one of a DAG when that is named.

    What cannot be read has no DAG until it is mended, and `broken` says why. The feed of a named DAG raises ContractError.
    """
    if dag_id is None:
        return [one for one in _each(folder) if isinstance(one, Feed)]
    path = folder / f"{dag_id.removeprefix(PREFIX)}{ENDING}"
    return [_quickly(path)] if path.exists() else []


def broken(folder: Path) -> list[ContractError]:
    """Why each feed file that cannot be read cannot: file, line and what to do."""
    return [one for one in _each(folder) if isinstance(one, ContractError)]


def _each(folder: Path) -> list[Feed | ContractError]:
    return [_checked(path) for path in sorted(folder.glob(f"*{ENDING}"))]


def _checked(path: Path) -> Feed | ContractError:
    try:
        return _feed(documents.remembered(path, path.stat().st_mtime_ns))
    except ContractError as error:
        return error
    except FileNotFoundError:
        return ContractError(f"{path.name} is a link to a file that is not there. Put the file back, or take the link away.")


def _quickly(path: Path) -> Feed:
    """Each task of a feed asks for it when it starts, so that nothing is judged, unless nothing can be shown."""
    try:
        return _feed(yaml.load(SCHEMA.sub("", path.read_text(encoding="utf-8")), Loader=yaml.CSafeLoader))
    except Exception:
        return _feed(documents.read(path))


def _feed(document: dict[str, Any]) -> Feed:
    description = document.get("description", {})
    members = document.get("team", {}).get("members", [])
    server = document["servers"][0]
    own = custom(server)
    return Feed(
        name=document["id"],
        title=document.get("name", document["id"]),
        domain=document.get("domain", "other"),
        purpose=description.get("purpose", ""),
        limitations=description.get("limitations", ""),
        owner=next((member["username"] for member in members if member.get("role") == "owner"), "vrn-data"),
        folder=server.get("path", document["id"]),
        whole=own.get("whole", {}),
        takes_archives=own.get("archives", False),
        poll=None if server["type"] == "local" else own.get("poll", POLL),
    )
