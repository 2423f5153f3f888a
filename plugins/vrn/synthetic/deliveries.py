"""Write a feed's synthetic deliveries: a file for each month that its feed file asks for.

Each entity says how many rows, from when to when and with which seed; each column says what fills it (see
expectations/README.md). The same feed file gives the same bytes, whatever was made before.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vrn import contract as contracts
from vrn.contract import ANY_PERIOD, LOCAL_TIME, Column, Contract, Period
from vrn.settings import Settings
from vrn.synthetic.places import Place, Places


def write_all(settings: Settings) -> list[Path]:
    """Write every feed's deliveries into its folder of the inbox. Returns the files."""
    places = Places(settings.dbt_project / "seeds")
    return [
        path
        for feed_file in sorted(settings.contracts.glob("*.odcs.yaml"))
        for path in write_feed(feed_file, settings.inbox, places)
    ]


def write_feed(feed_file: Path, inbox: Path, places: Places) -> Iterator[Path]:
    span = contracts.load(feed_file, ANY_PERIOD).entity.synthetic
    for period in months(span["from"], span["until"]):
        contract = contracts.load(feed_file, period)
        path = inbox / contract.folder / file_name(contract, period)
        path.parent.mkdir(parents=True, exist_ok=True)
        # The inbox leaves unfinished names alone, so that no half a file is ever taken.
        aside = path.with_name(path.name + ".part")
        aside.write_text(content(contract, period, places), encoding="utf-8")
        aside.rename(path)
        yield path


def months(first: str, last: str) -> Iterator[Period]:
    year, month = (int(part) for part in str(first).split("-"))
    while (label := f"{year:04d}-{month:02d}") <= str(last):
        yield Period.month(label)
        year, month = year + month // 12, month % 12 + 1


def file_name(contract: Contract, period: Period) -> str:
    """The example name of the feed file with this period and the word that marks a synthetic delivery."""
    stem, ending = contract.file_name_example.split(".", 1)
    return f"{period.label}{stem[len(period.label) :]}.synthetic.{ending}"


def content(contract: Contract, period: Period, places: Places) -> str:
    """A delivery as CSV text, about as many rows as the entity says, a tenth more or less."""
    entity = contract.entity
    chance = random.Random(f"{entity.synthetic['seed']} {entity.feed} {period.label}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.source_names[0] for column in entity.columns)
    size = entity.synthetic["rows"]
    for _ in range(chance.randint(int(size * 0.9), int(size * 1.1))):
        row = _row(entity.columns, period, chance, places)
        writer.writerow(row[column.name] for column in entity.columns)
    return out.getvalue()


def _row(columns: tuple[Column, ...], period: Period, chance: random.Random, places: Places) -> dict[str, str]:
    place = places.draw(chance)
    values: dict[str, str] = {}
    # Columns that others depend on come first: a column may be blank when another has some value.
    for column in sorted(columns, key=lambda column: "blankWhen" in column.synthetic):
        blank_when: Mapping[str, Any] = column.synthetic.get("blankWhen", {})
        blank = any(values.get(name) == value for name, value in blank_when.items())
        values[column.name] = "" if blank else _value(column.synthetic, period, chance, place)
    return values


def _value(how: Mapping[str, Any], period: Period, chance: random.Random, place: Place) -> str:
    match how.get("kind"):
        case "key":
            return f"{chance.getrandbits(256):064x}"
        case "constant":
            return how["value"]
        case "choice":
            weights = how["weights"]
            return str(chance.choices(list(weights), list(weights.values()))[0])
        case "periodStart":
            return period.label
        case "momentInPeriod":
            return _moment(period, chance)
        case "place":
            return place[how["part"]]
        case "blank":
            return ""
    raise ValueError(f"no way to make a synthetic value of kind {how.get('kind')}")


def _moment(period: Period, chance: random.Random) -> str:
    """A moment of the period in local time, written in UTC as data.police.uk does."""
    start = datetime(period.start.year, period.start.month, period.start.day, tzinfo=LOCAL_TIME)
    seconds = chance.randrange((period.end - period.start).days * 86400 + 86400)
    return (start.astimezone(UTC) + timedelta(seconds=seconds)).isoformat(timespec="seconds")
