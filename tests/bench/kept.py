"""A bench as JSON in the home: what was measured, on what, and what was not."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import hardware
from tests.bench.plan import Plan
from tests.bench.table import Failure, Figure, LeftOut
from vrn.publish.revision import revision


class Kept:
    """What parts told so far. The file's name is the moment in UTC at which the bench began."""

    def __init__(self, folder: Path, plan: Plan):
        began = datetime.now(UTC)
        self.path = folder / f"{began:%Y-%m-%dT%H%M%SZ}.json"
        self.figures: list[Figure] = []
        self.left_out: list[LeftOut] = []
        self.failures: list[Failure] = []
        self._lists = {Figure: self.figures, LeftOut: self.left_out, Failure: self.failures}
        self._said = {"measured_at": began.isoformat(timespec="seconds"), "revision": revision(), "plan": asdict(plan)}
        self._machine, self._load = hardware.described(), os.getloadavg()

    def add(self, told: Figure | LeftOut | Failure) -> None:
        self._lists[type(told)].append(told)

    def write(self) -> None:
        """Keep all of it, in place of what was kept before. Nobody finds half of a file."""
        said = self._said | {
            "machine": self._machine | {"load": {"before": self._load, "after": os.getloadavg()}},
            "figures": [asdict(one) | {"value": float(one.value), "is_met": one.is_met} for one in self.figures],
            "left_out": [asdict(one) for one in self.left_out],
            "failures": [asdict(one) for one in self.failures],
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_suffix(".new")
        aside.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        aside.replace(self.path)
