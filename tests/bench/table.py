"""The figures of a bench, as lines of one table."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("part", "what", "size", "figure", "goal", "met")
HEAD = "\n".join(f"| {' | '.join(one)} |" for one in (HEADINGS, ("---",) * len(HEADINGS)))
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

    @property
    def is_met(self) -> bool | None:
        """None where there is no goal."""
        return self.goal.is_met(self.value) if self.goal else None


@dataclass(frozen=True)
class LeftOut:
    """What a part did not measure, and why."""

    part: str
    what: str
    why: str


@dataclass(frozen=True)
class Failure:
    """A part that came to no end, and why."""

    part: str
    reason: str


def line(one: Figure) -> str:
    """A line of the table, in Markdown, so that it can be put into docs/performance.md as it is."""
    goal = f"{one.goal.compared} {_number(one.goal.value)}" if one.goal else ""
    met = {None: "", True: "yes", False: "no"}[one.is_met]
    return f"| {' | '.join((one.part, one.what, one.size, f'{_number(one.value)} {one.unit}'.strip(), goal, met))} |"


def below(left_out: Sequence[LeftOut]) -> str:
    """What the table has not, as a list below it."""
    return "".join(["\nLeft out:\n\n", *(f"- {one.part}: {one.what}, because {one.why}\n" for one in left_out)]) if left_out else ""


def _number(value: float) -> str:
    """Three figures that count, and whole numbers whole from a thousand on."""
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
