"""The rows of a synthetic delivery: how many of which kind, so that what the feed file promises comes out exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from vrn.feeds.columns import Column
from vrn.feeds.contract import Contract, Entity
from vrn.feeds.period import Period
from vrn.synthetic import extracts, people, values
from vrn.synthetic.places import Places

Rows = list[dict[str, str]]


def of_delivery(contract: Contract, period: Period, supplier: str, places: Places) -> dict[str, Rows]:
    """The rows of every entity, by entity. The same feed file, period and supplier give the same rows."""
    made: dict[str, Rows] = {}
    for entity in contract.entities:
        seed = entity.synthetic.get("seed", contract.main.synthetic.get("seed", 0))
        # One supplier keeps the stream it always had; further ones have streams of their own.
        told = "" if len(contract.suppliers) == 1 else f" {supplier}"
        chance = random.Random(f"{seed} {entity.feed} {period.label}{told}" + (f" {entity.name}" if made else ""))
        made[entity.name] = list(_rows(contract, entity, period, supplier, places, chance, made))
    return made


def _rows(
    contract: Contract,
    entity: Entity,
    period: Period,
    supplier: str,
    places: Places,
    chance: random.Random,
    made: Mapping[str, Rows],
) -> Iterator[dict[str, str]]:
    base = _base(period, supplier, contract)
    plan = list(_plan(entity, period, chance, made))
    allocated = {column.name: _allocated(column, period, len(plan)) for column in entity.columns if _is_allocated(column)}
    if "strata" in entity.synthetic:
        chance.shuffle(plan)
    persons = _persons(entity, chance, len(plan))
    cells = values.cells(entity.columns)
    extract = extracts.day(period)
    for place, (fixed, parent) in enumerate(plan):
        given = {name: shares[place] for name, shares in allocated.items()}
        row = values.Row(period, extract, chance, places.draw(chance, supplier), base + place, parent, persons[place])
        yield values.fill(row, cells, {"supplier": supplier} | fixed | given)


def _base(period: Period, supplier: str, contract: Contract) -> int:
    """Where the serial numbers of a delivery begin: no two deliveries of a feed share one."""
    months = (period.start.year - 2000) * 12 + period.start.month
    return (months * 10 + list(contract.suppliers).index(supplier)) * 1_000_000


def _plan(
    entity: Entity, period: Period, chance: random.Random, made: Mapping[str, Rows]
) -> Iterator[tuple[dict[str, str], Mapping[str, str]]]:
    """For each row what is fixed of it, and the row it belongs to."""
    how = entity.synthetic
    if "strata" in how:
        yield from (({}, {}) for _ in range(_about(how.get("rows", 0), chance)))
        for stratum in how["strata"]:
            for _ in range(share(stratum["counts"], period)):
                yield {name: _drawn(value, chance) for name, value in stratum["set"].items()}, {}
    elif "each" in how:
        for combination in product(*how["each"].values()):
            yield dict(zip(how["each"], map(str, combination), strict=True)), {}
    elif "perRow" in how:
        needed = how["perRow"].get("where", {})
        for parent in (row for row in made[how["perRow"]["of"]] if all(row[name] == value for name, value in needed.items())):
            for _ in range(chance.randint(how["perRow"]["least"], how["perRow"]["most"])):
                yield {}, parent
    else:
        yield from (({}, {}) for _ in range(_about(how.get("rows", 0), chance)))


def _about(size: int, chance: random.Random) -> int:
    return chance.randint(int(size * 0.9), int(size * 1.1)) if size else 0


def _persons(entity: Entity, chance: random.Random, rows: int) -> list[people.Person | None]:
    """Whom each row is about, nobody twice in a delivery; None where the entity does not draw from the shared people."""
    if "persons" not in entity.synthetic:
        return [None] * rows
    return [people.person(number) for number in chance.sample(range(entity.synthetic["persons"]), rows)]


def _drawn(value: Any, chance: random.Random) -> str:
    drawn = chance.choice(value) if isinstance(value, list) else value
    return str(drawn).lower() if isinstance(drawn, bool) else str(drawn)


def share(counts: Mapping[str, int], period: Period) -> int:
    """How many of the spans' totals fall into a period: each span is spread over its months as evenly as whole numbers go."""
    return sum(_month_share(span, total, month) for span, total in counts.items() for month in period.months())


def _month_share(span: str, total: int, month: Period) -> int:
    first, last = (Period.month(part).start for part in (span.split("/") * 2)[:2])
    length = (last.year - first.year) * 12 + last.month - first.month + 1
    place = (month.start.year - first.year) * 12 + month.start.month - first.month
    if not 0 <= place < length:
        return 0
    return total * (place + 1) // length - total * place // length


def _is_allocated(column: Column) -> bool:
    return column.synthetic.get("kind") == "allocated"


def _allocated(column: Column, period: Period, rows: int) -> list[str]:
    """The period's total of a column, spread over its rows."""
    total = share(column.synthetic["totals"], period)
    return [str(total * (place + 1) // rows - total * place // rows) for place in range(rows)]
