"""The file that parts take in: a month of street crime of any number of rows, and a feed file with
21 rules for it.
"""

from __future__ import annotations

import copy
import csv
import io
from pathlib import Path

import yaml

from vrn.feeds.contract import Contract, load
from vrn.feeds.period import Period
from vrn.ledger.store import Submission
from vrn.run import ingest
from vrn.settings import REPOSITORY, Settings
from vrn.synthetic import deliveries
from vrn.synthetic.places import Places

FEED = "police_street_crime"
NAME = "2020-03-lancashire-street.csv"
HASHED = ("crime_id", "location", "lsoa_name")
# It asks where the names of places are, which are hashed here.
OF_NAMES = ("PSC-020",)
# It counts the letters of crime_id, and of another column here: a pseudonym has none.
OF_LETTERS, OTHER, LETTERS = "PSC-007", "falls_within", len("Lancashire Constabulary")
# More rules beside those of the feed file.
NEVER_EMPTY = ("reported_by", "falls_within", "lsoa_name")
# More lines that differ in everything would take minutes to make up; each has an identifier of its own.
LINES = 20_000
EVERY_BAD = 100
NO_TYPE = "Piracy"


def write_contract(folder: Path) -> None:
    """The street feed with 21 rules in all and three columns hashed."""
    document = yaml.safe_load((REPOSITORY / "expectations" / f"{FEED}.odcs.yaml").read_text(encoding="utf-8"))
    entity = document["schema"][0]
    entity["quality"] = [rule for rule in entity["quality"] if rule["name"] not in OF_NAMES]
    for rule in entity["quality"]:
        condition = rule["implementation"]["kwargs"].get("row_condition")
        if condition and condition["column"]["name"] in HASHED:
            # No pseudonym is a name: another column's cells are none either.
            condition["column"]["name"] = "crime_type"
    for number, column in enumerate(NEVER_EMPTY, start=1):
        rule = copy.deepcopy(entity["quality"][0])
        implementation = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": column}}
        rule |= {"name": f"BEN-00{number}", "severity": "warning", "implementation": implementation}
        entity["quality"].append(rule)
    for column in entity["properties"]:
        if column["name"] in HASHED:
            for rule in [rule for rule in column.get("quality", []) if rule["name"] == OF_LETTERS]:
                column["quality"].remove(rule)
                rule["implementation"]["kwargs"] = {"column": OTHER, "value": LETTERS}
                entity["quality"].append(rule)
            column["classification"] = "hash"
            column.setdefault("customProperties", []).append({"property": "identifierDomain", "value": "local"})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{FEED}.odcs.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def contract_of(settings: Settings, submission: Submission) -> Contract:
    """The feed file as it is for a delivery: its rules know their period and supplier."""
    return load(settings.contracts / f"{FEED}.odcs.yaml", submission.period, submission.supplier)


def write_file(path: Path, rows: int, settings: Settings) -> None:
    """A month of that many rows, every hundredth of them bad (a crime type that is none); readable to the server's user."""
    period = Period.month("2020-03")
    contract = load(REPOSITORY / "expectations" / f"{FEED}.odcs.yaml", period)
    contract.main.synthetic.update(rows=min(rows, LINES))
    header, *lines = deliveries.content(contract, period, Places(settings.dbt_project / "seeds")).decode().splitlines()
    bad = _bad(header, lines)
    with path.open("w", encoding="utf-8") as file:
        file.write(header + "\n")
        for number in range(rows):
            line = (lines if number % EVERY_BAD else bad)[number % len(lines)]
            if line[0] != ",":
                # Identifiers stay as many as the rows are.
                line = f"{number:016x}{line[16:]}"
            file.write(line + "\n")
    path.chmod(0o644)


def _bad(header: str, lines: list[str]) -> list[str]:
    """The lines with a crime type that is none."""
    fields = list(csv.reader(lines))
    out = io.StringIO()
    for one in fields:
        one[header.split(",").index("Crime type")] = NO_TYPE
    csv.writer(out, lineterminator="\n").writerows(fields)
    return out.getvalue().splitlines()


def taken_in() -> int:
    """Registers the file that waits. Returns its submission: the last, because a run also deals with what earlier rounds left."""
    return max(one for batch in ingest.take_in(FEED) for one in batch)
