"""The figures of a bench: as lines of one table, and as JSON beside what they were measured on."""

from __future__ import annotations

import json
import operator
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from vrn.publish.release import revision

HEADINGS = ("part", "what", "size", "figure", "goal", "met")
COMPARED = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Goal:
    """What a figure is to reach. compared: `<=` or `>=`."""

    compared: str
    value: float

    def is_met(self, value: float) -> bool:
        return COMPARED[self.compared](value, self.value)


@dataclass(frozen=True)
class Figure:
    """One figure: of which part, what was measured on how much, the value in its unit, and the goal where the issue set one."""

    part: str
    what: str
    size: str
    value: float
    unit: str
    goal: Goal | None = None


@dataclass(frozen=True)
class Failure:
    """A part that came to no end, and why."""

    part: str
    reason: str


def text(figures: Sequence[Figure]) -> str:
    """The table, in Markdown, so that it can be put into docs/performance.md as it is."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(_line(one) for one in figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(one: Figure) -> tuple[str, ...]:
    goal = f"{one.goal.compared} {_number(one.goal.value)}" if one.goal else ""
    met = {None: "", True: "yes", False: "no"}[one.goal.is_met(one.value) if one.goal else None]
    return one.part, one.what, one.size, f"{_number(one.value)} {one.unit}".strip(), goal, met


def _number(value: float) -> str:
    """Three figures that count, and whole numbers whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(folder: Path, figures: Sequence[Figure], failures: Sequence[Failure], plan: object) -> Path:
    """Keep a bench as JSON in a folder of the home. Returns the file, whose name is the moment in UTC."""
    now = datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    said = {
        "measured_at": now.isoformat(timespec="seconds"),
        "revision": revision(),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()},
        "plan": asdict(plan),
        "figures": [
            asdict(one) | {"value": float(one.value), "is_met": one.goal.is_met(one.value) if one.goal else None} for one in figures
        ],
        "failures": [asdict(one) for one in failures],
    }
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
