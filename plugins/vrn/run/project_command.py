"""The command `project`: opens and closes evaluation projects, and says what it did."""

from __future__ import annotations

import sys

from vrn.projects import upkeep
from vrn.run import prepare
from vrn.settings import Settings


def carry_out(settings: Settings, name: str | None) -> int:
    """Bring one project of the register, or all of them, to what it says. Returns the exit status."""
    prepare.projects(settings)
    done = upkeep.refresh(settings, name)
    for one in done:
        if one.closed_because is None and one.problem is None:
            print(f"{one.project}: open; sign in as vrn_evaluator_{one.project} (make psql ROLE=…)")
        elif one.problem is None:
            print(f"{one.project}: closed: {one.closed_because}")
        for line in one.lines:
            what = "included" if line.source.is_included else "left out"
            print(f"  {line.table}: {line.source.feed} of {line.source.supplier}: {line.rows:,} rows {what}: {line.source.reason}")
    for one in done:
        if one.problem:
            print(f"error: {one.problem}", file=sys.stderr)
    return int(any(one.problem for one in done))
