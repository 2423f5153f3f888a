"""What is seen in an indicator's figures, in a sentence: which areas rose or fell, by trend and change, and which stand out.

Only what is more than chance counts as seen. An area moved by its recent trend over five years or, where that cannot be told, by
its change since a year earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vrn.report.figures import changes
from vrn.report.figures.numbers import listed
from vrn.report.figures.subject import COUNTY, Figure, Subject

MOST_NAMES = 3
NUMBERS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen",
)  # fmt: skip
# An area of a level and several, where a sentence speaks of others than districts.
NOUNS = {"upper_tier": ("upper-tier authority", "upper-tier authorities")}


def movement(subject: Subject, figure: Figure | None) -> int | None:
    """1 rose, -1 fell, 0 no clear change; None where it is not known."""
    if figure is None or figure.status != "ok":
        return None
    if figure.trend and figure.trend != "cannot_be_calculated":
        return 1 if figure.trend.startswith("increasing") else -1 if figure.trend.startswith("decreasing") else 0
    change = changes.of(subject, figure)
    return change.direction if change else None


def title(subject: Subject, latest: Mapping[str, Figure | None], areas: Sequence[str], newer: Figure | None = None) -> str:
    """The sentence of an indicator; empty where nothing can be said.

    latest: each area's latest figure by its code. areas: the codes to speak of. newer: the county's of a shorter period, which
    speaks where it is not known how the latest moved.
    """
    moved = _moved(subject, latest, areas, newer)
    if all(movement(subject, latest.get(code)) is None for code in areas):
        moved = [*moved, *_compared(subject, latest, areas)]
    if not moved:
        return ""
    return f"{subject.meta['short_name']}{' ' if moved[0].startswith(('rose', 'fell', 'did')) else ': '}{'; '.join(moved)}"


def of_districts(subject: Subject, figures: Sequence[Figure]) -> str:
    """The sentence of the districts in one period: which stand out from the county. Empty where none could be compared."""
    latest = {figure.area.area_code: figure for figure in figures}
    said = _compared(subject, latest, list(latest))
    return f"{subject.meta['short_name']}: {'; '.join(said)}" if said else ""


def of_area(subject: Subject, figure: Figure | None, newer: Figure | None = None) -> str:
    """The sentence of one area: how it moved and how it stands beside the county. Empty where neither can be said.

    newer: of a shorter period, which speaks where it is not known how the figure moved.
    """
    if figure is None or figure.status != "ok":
        return ""
    way, when = movement(subject, figure), ""
    if way is None and movement(subject, newer):
        way, when = movement(subject, newer), f" ({newer.period.period_label}, on a year earlier)"
    moved = {1: "rose", -1: "fell", 0: "did not clearly change", None: ""}[way] + when
    beside = {
        "better": "is better than the county's",
        "worse": "is worse than the county's",
        "higher": "is higher than the county's",
        "lower": "is lower than the county's",
        "similar": "is like the county's",
    }.get(figure.comparison, "")
    said = " and ".join(part for part in (moved, beside) if part)
    return f"{subject.meta['short_name']} in {figure.area.area_name} {said}" if said else ""


def _moved(subject: Subject, latest: Mapping[str, Figure | None], areas: Sequence[str], newer: Figure | None) -> list[str]:
    county, where = movement(subject, latest.get(COUNTY)), "the county"
    if county is None and movement(subject, newer):
        county, where = movement(subject, newer), f"the county ({newer.period.period_label}, on a year earlier)"
    ways = {code: movement(subject, latest.get(code)) for code in areas}
    clauses = []
    for way, word in ((1, "rose"), (-1, "fell")):
        moved = [latest[code].area.area_name for code in areas if ways[code] == way]
        places = [*([where] if county == way else []), *(_places(subject, moved, areas) if moved else [])]
        if places:
            clauses.append(f"{word} in {listed(places)}")
    level = sum(way == 0 for way in ways.values())
    one, several = _nouns(subject)
    of = f"{_number(level)} of {_number(len(areas))} {several}"
    if county == 0 and not clauses:
        nor = "" if not level else f", nor in any {one}" if level == len(areas) else f", nor in {of}"
        return [f"did not clearly change in the county{nor}"]
    if level:
        clauses.append(f"no clear change in any {one}" if level == len(areas) else f"no clear change in {of}")
    return clauses


def _compared(subject: Subject, latest: Mapping[str, Figure | None], areas: Sequence[str]) -> list[str]:
    found = [latest[code] for code in areas if latest.get(code) is not None and latest[code].status == "ok"]
    clauses = []
    for word in ("worse", "better", "higher", "lower"):
        names = [figure.area.area_name for figure in found if figure.comparison == word]
        if names:
            clauses.append(f"{word} than the county in {listed(_places(subject, names, areas))}")
    if not clauses and any(figure.comparison == "similar" for figure in found):
        return [f"no {_nouns(subject)[0]} clearly differs from the county"]
    return clauses


def _places(subject: Subject, names: Sequence[str], areas: Sequence[str]) -> list[str]:
    """A few by their names, more by their number."""
    if len(names) <= MOST_NAMES:
        return list(names)
    if len(names) == len(areas):
        return [f"every {_nouns(subject)[0]}"]
    return [f"{_number(len(names))} of {_number(len(areas))} {_nouns(subject)[1]}"]


def _number(value: int) -> str:
    return NUMBERS[value] if value < len(NUMBERS) else str(value)


def _nouns(subject: Subject) -> tuple[str, str]:
    return NOUNS.get(subject.compared_level, ("district", "districts"))
