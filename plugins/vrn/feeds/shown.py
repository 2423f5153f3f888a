"""The little of a feed file that a DAG shows. Read quickly and without judging it: this runs at every DAG parse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

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
    poll: str | None


# When a partner's server is asked for new files, unless the feed file says otherwise.
POLL = "*/30 * * * *"
# Nine lines of ten, of which a DAG shows nothing: up to the next key at the margin.
SCHEMA = re.compile(r"^schema:.*\n(?:(?![A-Za-z]).*\n)*", re.MULTILINE)
PREFIX, ENDING = "ingest__", ".odcs.yaml"


def listed(folder: Path, dag_id: str | None = None) -> list[Feed]:
    """The feeds of a folder of feed files, by name; only the one of a DAG when that is named."""
    if dag_id is None:
        paths = sorted(folder.glob(f"*{ENDING}"))
    else:
        paths = [path for path in [folder / f"{dag_id.removeprefix(PREFIX)}{ENDING}"] if path.exists()]
    return [_feed(path) for path in paths]


def _feed(path: Path) -> Feed:
    document = yaml.load(SCHEMA.sub("", path.read_text(encoding="utf-8")), Loader=yaml.CSafeLoader)
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
        poll=None if server["type"] == "local" else own.get("poll", POLL),
    )
