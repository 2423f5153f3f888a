"""What goes wrong with real deliveries, done to synthetic ones: nothing of it may change a figure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from vrn.feeds.contract import Contract
from vrn.feeds.period import Period
from vrn.synthetic.rows import Rows


@dataclass(frozen=True)
class Version:
    """One delivery of a period: the rows of each entity, and which version it is (0 is the first)."""

    number: int
    rows: dict[str, Rows]


def versions(contract: Contract, period: Period, rows: dict[str, Rows], seed: str) -> Iterator[Version]:
    """The deliveries of a period, the last of them right: earlier ones lack late rows, any may hold extra rows."""
    how, name = contract.synthetic, contract.main.name
    chance = random.Random(seed)
    right = rows[name]
    if period.label in map(str, how.get("restates", [])):
        late = how.get("lateRows", 0)
        yield Version(0, rows | {name: right[: len(right) - late]})
        yield Version(1, rows | {name: right})
        return
    yield Version(0, rows | {name: [*right, *_repeated(how, right, chance), *_spoiled(how, right, chance)]})


def _repeated(how: dict, rows: Rows, chance: random.Random) -> Iterator[dict[str, str]]:
    for _ in range(how.get("duplicateRows", 0) if rows else 0):
        yield dict(chance.choice(rows))


def _spoiled(how: dict, rows: Rows, chance: random.Random) -> Iterator[dict[str, str]]:
    for number in range(how.get("badRows", 0) if rows else 0):
        row = dict(chance.choice(rows))
        key = how.get("keyColumn")
        if key:
            row[key] = f"{row[key]}X{number}"
        yield row | {how["badColumn"]: how.get("badValue", "not a value")}
