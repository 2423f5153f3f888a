"""Which figures may be published: primary rules, what earlier releases bind us to, and complementary suppression, by indicator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vrn.disclosure import groups, measures, policies
from vrn.disclosure.constraints import Builder, Cells, Place
from vrn.disclosure.geography import Geography
from vrn.disclosure.policies import DIMENSIONS, Policy
from vrn.disclosure.puzzle import Puzzle
from vrn.disclosure.secondary import protect
from vrn.disclosure.spans import Calendar

KEY = ["indicator_id", "area_code", "period_id", *DIMENSIONS]
PUBLISH, PRIMARY, SECONDARY, NO_FIGURE = "publish", "suppressed_primary", "suppressed_secondary", "no_figure"
# Why, for the restricted schema only.
SMALL, COMPLEMENT, BEFORE, DERIVED, EXPOSED = "small", "complement", "suppressed_before", "derived", "cannot_be_hidden"


@dataclass(frozen=True)
class Frame:
    """What the figures are about: areas and periods, and what adds to what among them."""

    geography: Geography
    calendar: Calendar
    countries: frozenset[str]

    @classmethod
    def of(cls, areas: pd.DataFrame, periods: pd.DataFrame) -> Frame:
        return cls(Geography(areas), Calendar(periods), frozenset(areas.loc[areas["area_type"] == "country", "area_code"]))


def of_indicator(
    figures: pd.DataFrame, policy: Policy, value_type: str, frame: Frame, earlier: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Decides for the figures of one indicator that have a count.

    figures: KEY, `count` and `denominator` (numbers); unique by KEY. earlier: the same columns with `release` and `is_published`,
    figures of earlier releases. Returns `decision` and `reason` with the index of `figures`.
    """
    given = figures.index
    figures = _in_order(figures, frame)
    figures["is_controlled"] = ~figures["area_code"].isin(frame.countries) & policy.is_control
    counts = measures.of_figures(figures, value_type)
    small = policies.primary(figures, counts, policy, value_type)
    small |= measures.rests_on_unknown(figures, counts, value_type) & figures["is_controlled"].to_numpy()
    before = _suppressed_before(figures, counts, earlier) & figures["is_controlled"].to_numpy()
    hidden = small | before
    exposed = np.zeros(len(figures), dtype=bool)
    if hidden.any() or _is_any_hidden(earlier) or _has_overlap(figures):
        puzzle = _puzzle(figures, counts, hidden, policy, value_type, frame, earlier)
        for cell in protect(puzzle):
            exposed[puzzle.row[cell]] |= puzzle.row[cell] >= 0
        hidden = puzzle.hidden_rows
    derived = _derived(figures, hidden, value_type)
    decision = np.select([small, hidden | derived], [PRIMARY, SECONDARY], PUBLISH)
    reason = np.select([exposed & hidden, small, before, hidden, derived], [EXPOSED, SMALL, BEFORE, COMPLEMENT, DERIVED], "")
    return pd.DataFrame({"decision": decision, "reason": reason}, index=figures.index).reindex(given)


def _in_order(figures: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """By area, period and cell, so that no answer depends on the order of the rows."""
    order = figures["period_id"].map(frame.calendar.order)
    if order.isna().any():
        raise ValueError(f"No such period: {sorted(figures.loc[order.isna(), 'period_id'].unique())[:5]}. Are they in dim_period?")
    if figures.duplicated(KEY).any():
        raise ValueError(f"Figures are not unique by {', '.join(KEY)}.")
    return figures.assign(_start=order).sort_values(["area_code", "_start", "period_id", *DIMENSIONS]).drop(columns="_start")


def _places(figures: pd.DataFrame) -> list[tuple[str, str, tuple[str, str]]]:
    cells = {values: groups.cell(values) for values in set(zip(*(figures[name] for name in DIMENSIONS), strict=True))}
    named = (cells[values] for values in zip(*(figures[name] for name in DIMENSIONS), strict=True))
    return list(zip(figures["area_code"], figures["period_id"], named, strict=True))


def _protected(counts: dict[str, np.ndarray], policy: Policy) -> list[str]:
    """The measures that stand for themselves: of unrounded proportions the group is what the other two add to."""
    return [name for name in counts if not (name == "group" and "complement" in counts and policy.rounding == 1)]


def _suppressed_before(figures: pd.DataFrame, counts: dict[str, np.ndarray], earlier: pd.DataFrame | None) -> np.ndarray:
    """Once suppressed, a figure stays so while it is the same, and until it and what it leaves of its group are large enough."""
    if not _is_any_hidden(earlier):
        return np.zeros(len(figures), dtype=bool)
    hidden = earlier[~earlier["is_published"].astype(bool)]
    names, exact = KEY[1:], [*KEY[1:], "count"]
    least = np.fmin(counts["count"], counts.get("complement", counts["count"]))
    again = pd.MultiIndex.from_frame(figures[names]).isin(pd.MultiIndex.from_frame(hidden[names]))
    same = pd.MultiIndex.from_frame(figures[exact]).isin(pd.MultiIndex.from_frame(hidden[exact]))
    return same | (again & (least < policies.COMES_BACK_AT))


def _is_any_hidden(earlier: pd.DataFrame | None) -> bool:
    return earlier is not None and not earlier["is_published"].astype(bool).all()


def _has_overlap(figures: pd.DataFrame) -> bool:
    """Whether bands overlap: what they leave of each other may be small where nothing else is."""
    return bool(groups.remainders(frozenset(("age_band", band) for band in figures["age_band"].unique())))


def _derived(figures: pd.DataFrame, hidden: np.ndarray, value_type: str) -> np.ndarray:
    """A slope over quintiles says what a hidden quintile has."""
    if value_type != "sii" or not hidden.any():
        return np.zeros(len(figures), dtype=bool)
    place = pd.MultiIndex.from_frame(figures[["area_code", "period_id"]])
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    return is_total & place.isin(place[hidden & ~is_total]) & figures["is_controlled"].to_numpy()


def _puzzle(figures, counts, hidden, policy: Policy, value_type: str, frame: Frame, earlier) -> Puzzle:
    """The cells of this release and of earlier ones, and everything that adds up among them."""
    cells = Cells()
    builder = Builder(cells, frame.geography, frame.calendar)
    names = _protected(counts, policy)
    versions: dict[tuple[Place, float], int] = {}
    low: dict[int, float] = {}
    high: dict[int, float] = {}
    was_published: set[int] = set()

    def layer(
        some: pd.DataFrame, some_counts: dict[str, np.ndarray], is_published: np.ndarray, is_current: bool
    ) -> dict[Place, int]:
        index: dict[Place, int] = {}
        ranges = _known(some_counts, policy)
        for number, (area, period, cell) in enumerate(_places(some)):
            of_row = {}
            for name in names:
                value = some_counts[name][number]
                if np.isnan(value):
                    continue
                place = (name, area, period, cell)
                found = versions.get((place, value))
                if found is None:
                    found = versions[place, value] = cells.add(place, value, number if is_current else -1)
                    low[found], high[found] = ranges[name][0][number], ranges[name][1][number]
                if is_published[number]:
                    was_published.add(found)
                index[place] = of_row[name] = found
            if len(of_row) == 3:
                builder.link((of_row["count"], of_row["complement"]), (of_row["group"],))
        return index

    layers = [layer(figures, counts, ~figures["is_controlled"].to_numpy(), True)]
    current_size = len(cells.values)
    for some in _layers(earlier, frame):
        layers.append(layer(some, measures.of_figures(some, value_type), some["is_published"].to_numpy(dtype=bool), False))
    old = set(range(current_size, len(cells.values)))
    for index in layers if old else layers[:1]:
        builder.add_layer(index)

    values, rows = np.array(cells.values), np.array(cells.rows, dtype=int)
    zero_matters = hidden & (counts["count"] == 0) & (~_shows_group(counts))
    needs = (values > 0) & (rows >= 0)
    needs |= np.append(zero_matters, False)[rows] & np.array([place[0] == "count" for place in cells.places])
    for number in np.flatnonzero(rows < 0):
        # What a restatement left behind stays hidden; what bands leave of each other counts where it is small.
        needs[number] = values[number] > 0 if number in old else policy.is_small(values[number])
    published = np.isin(np.arange(len(values)), list(was_published))
    return Puzzle(
        relations=builder.relations(),
        values=values,
        row=rows,
        known_low=np.array([low.get(number, 0) for number in range(len(values))], dtype=float),
        known_high=np.array([high.get(number, np.inf) for number in range(len(values))], dtype=float),
        was_published=published,
        floor=np.where((values > 0) & ((rows >= 0) | np.isin(np.arange(len(values)), list(old))), 1.0, 0.0),
        needs=needs & ~published,
        rank=np.arange(len(values)),
        hidden_rows=hidden.copy(),
        width=policy.width,
    )


def _shows_group(counts: dict[str, np.ndarray]) -> np.ndarray:
    """A share of none is known to be so, and its group is what must not be."""
    return np.full(len(counts["count"]), "group" in counts)


def _known(counts: dict[str, np.ndarray], policy: Policy) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What a reader knows of each measure of a published figure."""
    ranges = {name: policy.known_range(values) for name, values in counts.items()}
    if "complement" in counts and policy.rounding > 1:
        (low, high), (group_low, group_high) = ranges["count"], ranges["group"]
        ranges["complement"] = np.maximum(group_low - high, 0), np.maximum(group_high - low, 0)
    return ranges


def _layers(earlier: pd.DataFrame | None, frame: Frame) -> list[pd.DataFrame]:
    if earlier is None or earlier.empty:
        return []
    some = earlier[earlier["period_id"].isin(list(frame.calendar.order))]
    return [_in_order(one.drop(columns="release"), frame) for _, one in some.groupby("release", sort=True)]
