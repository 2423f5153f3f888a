"""What still names an indicator or an area that was deleted, told before a build begins: which lines, of which file.

A line that names what is not there would stop a model or a release later, where nobody sees which line it was. The page for whoever
deletes is docs/deleting-and-renaming.md.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

INDICATORS, AREAS, COUNTED = "models/indicators", "seeds/geography/area.csv", "models/counts/indicator_count.sql"
# The columns of seeds that name one. Those that are most like a district lie all over England and are no areas of ours.
OF_INDICATORS, OF_AREAS = ("indicator_id", "indicator_ids"), ("area_code", "leaf_code", "district_code")
# A word of `adds_up` that begins with a capital is an indicator (vrn.publish.disclosure.related).
INDICATOR = re.compile(r"(?<![\w-])[A-Z][\w-]*")
MODEL = re.compile(r"^\s*'(\w+)',", re.MULTILINE)


def dangling(project: Path) -> list[str]:
    """Sentences of what names an indicator or an area that the project does not have, one of each; none where nothing does.

    project: the dbt project. None either where a file cannot be read, because dbt says that.
    """
    try:
        return _dangling(project)
    except (OSError, ValueError, csv.Error, yaml.YAMLError, KeyError, TypeError):
        return []


def _dangling(project: Path) -> list[str]:
    indicators, lost = _indicators(project), defaultdict(list)
    models = {path.stem for path in (project / INDICATORS).rglob("*.sql")}
    listed = (project / COUNTED).read_text(encoding="utf-8")
    for found in MODEL.finditer(listed):
        if found[1] not in models:
            line = listed.count("\n", 0, found.start(1)) + 1
            lost[f"the model {found[1]}", f"{INDICATORS} has no file of it"].append(f"line {line} of {COUNTED}")
    for sentence, said_in in ((text, path) for path, texts in indicators.values() for text in texts):
        for name in sorted(set(INDICATOR.findall(sentence)) - set(indicators)):
            lost[_indicator(name)].append(f"the sentence `{sentence}` (adds_up) in {said_in.relative_to(project)}")
    areas = {row["area_code"] for _, row in _rows(project / AREAS)}
    for path in sorted((project / "seeds").rglob("*.csv")):
        for name, lines in _unknown(path, OF_INDICATORS, set(indicators)).items():
            lost[_indicator(name)].append(_lines(lines, path.relative_to(project)))
        for name, lines in _unknown(path, OF_AREAS, areas).items():
            lost[f"the area {name}", f"{AREAS} has no line of it"].append(_lines(lines, path.relative_to(project)))
    return [
        f"{what[0].upper()}{what[1:]} is named, and {why}. Name it no more in {', '.join(places)}, or bring it back."
        for (what, why), places in sorted(lost.items())
    ]


def _indicator(name: str) -> tuple[str, str]:
    return f"the indicator {name}", f"{INDICATORS} has no file of it"


def _indicators(project: Path) -> dict[str, tuple[Path, list[str]]]:
    """By id the file that defines an indicator, and what it says of how counts add up."""
    found = {}
    for path in sorted((project / INDICATORS).rglob("*.yml")):
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for one in (model["config"]["meta"]["indicator"] for model in read["models"]):
            found[one["indicator_id"]] = (path, one.get("adds_up") or [])
    return found


def _unknown(path: Path, columns: Iterable[str], known: set[str]) -> dict[str, list[int]]:
    """The lines of a seed by the name in them that is not known."""
    lost: dict[str, list[int]] = defaultdict(list)
    for line, row in _rows(path):
        for name in {name for column in columns for name in (row.get(column) or "").split()} - known:
            lost[name].append(line)
    return lost


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a seed, with its line."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        yield from ((rows.line_num, row) for row in rows)


def _lines(lines: list[int], path: Path) -> str:
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))} of {path}"
