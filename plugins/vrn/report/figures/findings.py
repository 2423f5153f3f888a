"""What is seen in an indicator's figures, in a sentence: which areas rose or fell, by trend and change, and which stand out.

Only what is more than chance counts as seen; docs/site.md has the rule. An area moved by its recent trend over five years or, where
that cannot be told, by its change since a year earlier. Areas are counted among those that have a figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vrn.report.figures import changes, series, told
from vrn.report.figures.numbers import listed
from vrn.report.figures.subject import COUNTY, Figure, Subject

MOST_NAMES = 3
WAYS = {1: "rose", -1: "fell", 0: "did not clearly change"}
NUMBERS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen",
)  # fmt: skip
# An area of a level, and several.
NOUNS = {
    "district": ("district", "districts"),
    "upper_tier": ("upper-tier authority", "upper-tier authorities"),
    "police_division": ("police division", "police divisions"),
    "hospital_site": ("hospital site", "hospital sites"),
}


def movement(subject: Subject, figure: Figure | None) -> int | None:
    """1 rose, -1 fell, 0 no clear change; None where it is not known."""
    if figure is None or figure.status != "ok":
        return None
    if figure.trend and figure.trend != "cannot_be_calculated":
        return 1 if figure.trend.startswith("increasing") else -1 if figure.trend.startswith("decreasing") else 0
    change = changes.of(subject, figure)
    return change.direction if change else None


def title(subject: Subject, county: Figure | None, figures: Sequence[Figure], newer: Figure | None = None) -> str:
    """The sentence of an indicator; empty where nothing was tested.

    county: its latest figure. figures: of the areas to compare, in one period, which is named where it is not the county's. newer:
    the county's of a shorter period, which speaks where it is not known how the latest moved.
    """
    is_older = county is not None and county.status == "ok" and any(figure.period != county.period for figure in figures)
    among = _Among(subject, figures, f" ({figures[0].period.period_label})" if is_older else "")
    clauses = _moved(among, county, newer)
    clauses += _standing_out(among) or ([] if any(movement(subject, f) is not None for f in among.found) else _alike(among))
    if not clauses:
        return ""
    return f"{subject.meta['short_name']}{' ' if clauses[0].startswith(('rose', 'fell', 'did')) else ': '}{'; '.join(clauses)}"


def of_districts(subject: Subject, figures: Sequence[Figure]) -> str:
    """The sentence of the areas of a level in one period: which stand out from the county or, where none could be compared, from
    which figure to which they go. Empty where none has a figure."""
    among = _Among(subject, figures)
    said = "; ".join(_standing_out(among) or _alike(among)) or _extent(among)
    return f"{subject.meta['short_name']}: {said}" if said else ""


def of_area(subject: Subject, figure: Figure | None, newer: Figure | None = None) -> str:
    """The sentence of one area: how it moved and how it stands beside the county, else its figure, else its count. Empty without.

    newer: of a shorter period, which speaks where it is not known how the figure moved.
    """
    if figure is not None and series.has_bare_count(figure):
        counted = f"a count of {told.amount(figure.count)}, {figure.period.period_label}; there is nothing to divide it by"
        return f"{subject.meta['short_name']} in {_place(figure)}: {counted}"
    if figure is None or figure.status != "ok":
        return ""
    way, when = movement(subject, figure), ""
    if way is None and (of_newer := movement(subject, newer)) is not None:
        way, when = of_newer, _on_a_year_earlier(newer)
    moved = f"{WAYS[way]}{when}" if way is not None else ""
    beside = {
        "better": "is better than the county's",
        "worse": "is worse than the county's",
        "higher": "is higher than the county's",
        "lower": "is lower than the county's",
        "similar": "is like the county's",
    }.get(figure.comparison, "")
    said = " and ".join(part for part in (moved, beside) if part)
    name = f"{subject.meta['short_name']} in {_place(figure)}"
    return (
        f"{name} {said}" if said else f"{name}: {_amount(subject, figure)}, {figure.period.period_label}; {_why(subject, figure)}"
    )


@dataclass(frozen=True)
class _Among:
    """The areas of a level in one period. when: the period in words, where it has to be said."""

    subject: Subject
    figures: Sequence[Figure]
    when: str = ""

    @property
    def found(self) -> list[Figure]:
        return sorted((f for f in self.figures if f.status == "ok"), key=lambda f: f.area.sort_order)

    @property
    def one(self) -> str:
        return NOUNS[self.subject.compared_level or "district"][0]

    def places(self, figures: Sequence[Figure]) -> list[str]:
        """A few by their names, more by their number."""
        return [f.area.area_name for f in figures] if len(figures) <= MOST_NAMES else [self.number(len(figures), "every")]

    def number(self, number: int, each: str) -> str:
        """How many of those with a figure, which are not called all where others have none. each: "every" or "any"."""
        several, have = NOUNS[self.subject.compared_level or "district"][1], len(self.found)
        if have == len(self.figures):
            return f"{each} {self.one}" if number == have else f"{_number(number)} of {_number(have)} {several}"
        if have == 1:
            return f"the only {self.one} that has a figure"
        part = "" if number == have else f"{_number(number)} of "
        return f"{part}the {_number(have)} {several} that have a figure"


def _moved(among: _Among, county: Figure | None, newer: Figure | None) -> list[str]:
    subject, when = among.subject, ""
    way_of_county = movement(subject, county)
    if way_of_county is None and newer is not None:
        way_of_county, when = movement(subject, newer), _on_a_year_earlier(newer)
    ways = [(figure, movement(subject, figure)) for figure in among.found]
    clauses = []
    for way in (1, -1):
        moved = [figure for figure, its in ways if its == way]
        of_county = [f"the county{when}"] if way_of_county == way else []
        of_areas = among.places(moved) if moved else []
        together = [(of_county, ""), (of_areas, among.when)] if among.when else [([*of_county, *of_areas], "")]
        clauses += [f"{WAYS[way]} in {listed(places)}{its_when}" for places, its_when in together if places]
    level = sum(its == 0 for _, its in ways)
    alike = f"{among.number(level, 'any')}{among.when}" if level else ""
    if way_of_county == 0:
        return [*clauses, f"{WAYS[0]} in the county{when}{', nor in ' if alike else ''}{alike}"]
    return [*clauses, f"no clear change in {alike}"] if alike else clauses


def _standing_out(among: _Among) -> list[str]:
    clauses = []
    for word in ("worse", "better", "higher", "lower"):
        out = [figure for figure in among.found if figure.comparison == word]
        if out:
            clauses.append(f"{word} than the county in {listed(among.places(out))}{among.when}")
    return clauses


def _alike(among: _Among) -> list[str]:
    alike = sum(figure.comparison == "similar" for figure in among.found)
    if alike and alike == len(among.figures):
        return [f"no {among.one} clearly differs from the county{among.when}"]
    return [f"no clear difference from the county in {among.number(alike, 'any')}{among.when}"] if alike else []


def _extent(among: _Among) -> str:
    if not among.found:
        return ""
    lowest, highest = (choose(among.found, key=lambda figure: figure.value) for choose in (min, max))
    ends = [f"{_amount(among.subject, figure)} in {_place(figure)}" for figure in (lowest, highest)]
    return ends[0] if len(among.found) == 1 else f"from {ends[0]} to {ends[1]}"


def _why(subject: Subject, figure: Figure) -> str:
    """Why nothing is said of how a figure moved."""
    return "whether it changed is not known" if changes.of(subject, figure) is None else "its change was not tested"


def _amount(subject: Subject, figure: Figure) -> str:
    value = told.figure(subject, figure)["value"]
    return value if subject.is_count else f"{value} {subject.meta['unit']}"


def _place(figure: Figure) -> str:
    return "the county" if figure.area.area_code == COUNTY else figure.area.area_name


def _on_a_year_earlier(figure: Figure) -> str:
    return f" ({figure.period.period_label}, on a year earlier)"


def _number(value: int) -> str:
    return NUMBERS[value] if value < len(NUMBERS) else str(value)
