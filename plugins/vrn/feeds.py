"""The little of a feed file that a DAG shows. Read quickly and without judging it: this runs at every DAG parse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml


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


def listed(folder: Path) -> list[Feed]:
    """The feeds of a folder of feed files, by name."""
    return [_feed(path) for path in sorted(folder.glob("*.odcs.yaml"))]


def _feed(path: Path) -> Feed:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    description = document.get("description", {})
    members = document.get("team", {}).get("members", [])
    return Feed(
        name=document["id"],
        title=document.get("name", document["id"]),
        domain=document.get("domain", "other"),
        purpose=description.get("purpose", ""),
        limitations=description.get("limitations", ""),
        owner=next((member["username"] for member in members if member.get("role") == "owner"), "vrn-data"),
        folder=document["servers"][0]["path"],
    )
