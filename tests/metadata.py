"""The metadata of indicators as their files say them, with the defaults of dbt_project.yml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from vrn.settings import REPOSITORY

DBT = REPOSITORY / "dbt_project"


def defaults() -> dict[str, dict]:
    """What files leave unsaid: under "all" what all do, and under each domain what its files do."""
    said = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))["models"]["vrn"]["indicators"]
    domains = {name: one["+meta"]["domain_defaults"] for name, one in said.items() if not name.startswith("+")}
    return {"all": said["+meta"]["defaults"]} | domains


def files() -> Iterator[tuple[Path, dict]]:
    """Each indicator's file, and what it says."""
    for path in sorted((DBT / "models" / "indicators").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            if said := model.get("config", {}).get("meta", {}).get("indicator"):
                yield path, said


def of_indicators() -> list[dict]:
    """Every indicator's metadata, whole."""
    unsaid = defaults()
    return [unsaid["all"] | unsaid[path.parent.name] | said for path, said in files()]


def written(value: object) -> str:
    """A value as YAML writes it."""
    return yaml.safe_dump(value, default_flow_style=True).removesuffix("\n...\n").strip()
