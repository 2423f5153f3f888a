"""Write a feed's synthetic deliveries: a file for each period and supplier that its feed file asks for.

The same feed file gives the same bytes, whatever was made before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vrn import whole_file
from vrn.feeds import catalogue
from vrn.feeds import contract as contracts
from vrn.feeds.contract import Contract
from vrn.feeds.period import ANY_PERIOD, Period, span
from vrn.settings import Settings
from vrn.synthetic import defects, extracts, files, people, rows
from vrn.synthetic.places import Places

# What the demonstration holds of a feed whose file does not say it (`demo`): these months, the last there are.
MONTHS_OF_DEMO = 3


def write_all(settings: Settings, *, is_full: bool = True) -> list[Path]:
    """Write every feed's deliveries into its folder of the inbox, and the postcode directory they go by. Returns the files.

    A feed whose file cannot be read is passed over, and one that asks for none: nobody makes up what is published for all.

    is_full: all that the feed files ask for, or only the demonstration's part of it.
    """
    places = Places(settings.dbt_project / "seeds")
    write_postcodes(settings, places)
    return [
        path
        for contract in catalogue.sound(settings.contracts)
        if contract.main.synthetic
        for path in write_feed(settings.contracts / f"{contract.feed}.odcs.yaml", settings.inbox, places, is_full=is_full)
    ]


def write_feed(feed_file: Path, inbox: Path, places: Places, *, is_full: bool = True) -> Iterator[Path]:
    any_time = contracts.load(feed_file, ANY_PERIOD)
    asked = any_time.main.synthetic
    suppliers = any_time.synthetic.get("suppliers", list(any_time.suppliers))
    for period in periods(any_time.kind, asked, is_full=is_full):
        contract = contracts.load(feed_file, period)
        for supplier in (one for one in suppliers if contract.supplier_serves(one, period)):
            made = rows.of_delivery(contract, period, supplier, places)
            for version in defects.versions(contract, period, made, f"{asked['seed']} {period.label} {supplier} defects"):
                path = inbox / contract.folder / file_name(contract, period, supplier, version.number)
                path.parent.mkdir(parents=True, exist_ok=True)
                # Whole, so that no half a file is ever taken. What is lost is made up again, and is the same.
                whole_file.write(path, files.content(contract, version.rows), is_synced=False)
                yield path


def periods(kind: str, asked: Mapping[str, Any], *, is_full: bool) -> list[Period]:
    """The periods of a feed's deliveries, by the `synthetic` of its file; in the demonstration those that its months touch."""
    every = list(span(kind, asked["from"], asked["until"]))
    if is_full:
        return every
    demo = asked.get("demo")
    if demo is None:
        months = [month for period in every for month in period.months()][-MONTHS_OF_DEMO:]
        first, last = months[0].start, months[-1].end
    else:
        first, last = Period.month(str(demo["from"])).start, Period.month(str(demo["until"])).end
    return [period for period in every if period.end >= first and period.start <= last]


def file_name(contract: Contract, period: Period, supplier: str, version: int = 0) -> str:
    """The example name of the feed file with this period, supplier and extract, and the word that marks it synthetic."""
    found = contract.file_name.match(contract.file_name_example)
    parts = {contract.kind: period.name, "supplier": supplier}
    if "extract" in found.groupdict():
        parts["extract"] = extracts.day(period, version).isoformat()
    name = contract.file_name_example
    for group in sorted(parts, key=found.start, reverse=True):
        name = name[: found.start(group)] + parts[group] + name[found.end(group) :]
    stem, ending = name.rsplit(".", 1) if not name.endswith(".gz") else name.split(".", 1)
    return f"{stem}.synthetic.{ending}"


def content(contract: Contract, period: Period, places: Places, supplier: str | None = None) -> bytes:
    """A delivery without defects."""
    made = rows.of_delivery(contract, period, supplier or next(iter(contract.suppliers)), places)
    return files.content(contract, made)


def write_postcodes(settings: Settings, places: Places) -> None:
    """The made-up postcodes with an LSOA each, unless the home has a directory already."""
    path = settings.postcode_directory
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("pcds", "lsoa11"))
    lsoas = places.lsoas()
    writer.writerows((people.postcode(number), lsoas[number % len(lsoas)]) for number in range(people.POSTCODES))
    # It is written where it is missing, so half of it would stay.
    whole_file.write(path, text.getvalue())
