"""One indicator's figures as disclosure control reads them: the counts they give away, and what is hidden of them in itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from vrn.publish.disclosure import definitions, groups, levels, measures, policies, windows
from vrn.publish.disclosure.definitions import Definitions
from vrn.publish.disclosure.geography import Geographies
from vrn.publish.disclosure.policies import DIMENSIONS, Policy
from vrn.publish.disclosure.spans import Calendar

KEY = ["indicator_id", "area_code", "period_id", *DIMENSIONS]


@dataclass(frozen=True)
class Frame:
    """What the figures are about: areas and periods, and what adds to what among them."""

    geography: Geographies
    calendar: Calendar
    countries: frozenset[str]
    # Out of county, and not known: of no place, so that they are told as part of the force alone.
    unplaced: frozenset[str]
    # By code.
    area_types: dict[str, str]
    period_types: dict[str, str]

    @classmethod
    def of(cls, every: Sequence[Definitions]) -> Frame:
        """every: those of this release, then those of earlier ones."""
        areas, periods = definitions.areas(every), definitions.periods(every)
        of_type = {kind: frozenset(areas.loc[areas["area_type"] == kind, "area_code"]) for kind in ("country", "unplaced")}
        area_types, period_types = (
            dict(zip(some[f"{name}_{'code' if name == 'area' else 'id'}"], some[f"{name}_type"], strict=True))
            for name, some in (("area", areas), ("period", periods))
        )
        geographies = Geographies([one.areas for one in every])
        return cls(geographies, Calendar(periods), of_type["country"], of_type["unplaced"], area_types, period_types)


@dataclass
class Layer:
    """Figures of one indicator and one release in order. counts: by measure, an array by figure."""

    figures: pd.DataFrame
    counts: dict[str, np.ndarray]
    is_published: np.ndarray
    # Of which nothing was published in their block, so that they may be zero.
    withdrawn: np.ndarray

    def places(self) -> list[tuple[str, str, tuple[str, str]]]:
        """Area, period and cell of each figure."""
        figures = self.figures
        cells = {values: groups.cell(values) for values in set(zip(*(figures[name] for name in DIMENSIONS), strict=True))}
        named = (cells[values] for values in zip(*(figures[name] for name in DIMENSIONS), strict=True))
        return list(zip(figures["area_code"], figures["period_id"], named, strict=True))


@dataclass
class Table:
    """An indicator's figures of this release and of earlier ones (by release).

    small, before: which figures of this release are hidden in themselves, and because they were before. rank, block: levels.py.
    has_elsewhere: whether an area counts what has no place too. may_hide_zeros: which may be hidden beside others though they are
    zero. hidden: those small or before, and what was found since that must
    be. given_away: counts (figure, measure) that cannot be hidden. first_row: the number of its first figure among those of its
    group.
    """

    name: str
    policy: Policy
    value_type: str
    now: Layer
    is_controlled: np.ndarray
    small: np.ndarray
    before: np.ndarray
    rank: np.ndarray
    block: np.ndarray
    has_elsewhere: bool
    may_hide_zeros: np.ndarray
    earlier: dict[str, Layer] = field(default_factory=dict)
    given_away: set[tuple[int, str]] = field(default_factory=set)
    first_row: int = 0

    def __post_init__(self):
        self.hidden = self.small | self.before
        # By figure, least and most: what may be printed in the place of a hidden count.
        self.told = np.full((len(self.small), 2), np.nan)

    @property
    def rows(self) -> slice:
        return slice(self.first_row, self.first_row + len(self.small))

    @property
    def is_any_hidden(self) -> bool:
        """Whether anything of it may have to be hidden: a figure is or was, or bands or areas may leave little."""
        bands = frozenset(("age_band", band) for band in self.now.figures["age_band"].unique())
        was_hidden = any(not layer.is_published.all() for layer in self.earlier.values())
        return bool(self.hidden.any() or was_hidden or self.has_elsewhere or groups.remainders(bands))

    @property
    def measures(self) -> list[str]:
        """Those that stand for themselves: of unrounded proportions the group is what the other two add to."""
        counts = self.now.counts
        return [name for name in counts if not (name == "group" and "complement" in counts and self.policy.rounding == 1)]

    def known(self, layer: Layer) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """What a reader knows of each measure of a published figure: lowest and highest."""
        ranges = {name: self.policy.known_range(values) for name, values in layer.counts.items()}
        if "complement" in layer.counts and self.policy.rounding > 1:
            (low, high), (group_low, group_high) = ranges["count"], ranges["group"]
            ranges["complement"] = np.maximum(group_low - high, 0), np.maximum(group_high - low, 0)
        return ranges


def table_of(
    name: str, figures: pd.DataFrame, policy: Policy, value_type: str, frame: Frame, earlier: pd.DataFrame | None = None
) -> Table:
    """Reads one indicator's figures that have a count.

    figures: KEY, `count` and `denominator` (numbers), `is_printed` where others have published the count; unique by KEY.
    earlier: KEY, counts, `release` and `is_published` of figures of earlier releases. Raises ValueError for an unknown period and
    for figures that are not unique.
    """
    figures = _in_order(figures, frame)
    is_controlled = (~figures["area_code"].isin(frame.countries)).to_numpy() & policy.is_control
    # A proportion tells more than the count that was printed.
    if value_type not in ("proportion", "mean", "ratio"):
        is_controlled &= ~figures["is_printed"].to_numpy(dtype=bool)
    counts = measures.of_figures(figures, value_type)
    layers = {release: _layer(some, value_type, frame) for release, some in _releases(earlier, frame).items()}
    is_signed = measures.are_signed(np.concatenate([counts["count"], *(layer.counts["count"] for layer in layers.values())]))
    # A sum of differences counts nobody: small are the persons behind it, where the figure has them.
    judged = counts | {"count": counts["group"]} if is_signed and "group" in counts else counts
    small = policies.primary(figures.assign(is_controlled=is_controlled), judged, policy, value_type)
    small |= measures.rests_on_unknown(figures, counts, value_type) & is_controlled
    if "group" not in counts:
        small |= windows.telling_zeros(figures, counts["count"], frame.calendar) & is_controlled
    small |= _tells_elsewhere(figures, counts, policy, frame) & is_controlled
    before = _suppressed_before(figures, counts, earlier) & is_controlled
    if is_signed and small.any():
        # No interval of what may be above or below zero is feasible or not: with any of them shown a reader could take them from
        # each other, so that none is.
        small |= is_controlled
    if is_signed:
        for one in (counts, *(layer.counts for layer in layers.values())):
            one["count"] = np.full(len(one["count"]), np.nan)
    rank = levels.ranks(figures, frame.area_types, frame.period_types)
    block = levels.blocks(figures, frame.area_types)
    # Beside what is shown whatever it is, no zero can be hidden.
    block[np.isin(block, block[~is_controlled])] = -1
    withdrawn = _withdrawn_before(figures, counts, block, layers.values())
    before |= withdrawn
    has_elsewhere = bool(is_controlled[figures["area_code"].map(frame.area_types).eq("police_force")].any())
    may_hide_zeros = figures["period_id"].map(frame.period_types).eq(windows.ROLLING).to_numpy() | bool(layers)
    now = Layer(figures, counts, ~is_controlled, withdrawn)
    return Table(name, policy, value_type, now, is_controlled, small, before, rank, block, has_elsewhere, may_hide_zeros, layers)


def _tells_elsewhere(figures: pd.DataFrame, counts: dict[str, np.ndarray], policy: Policy, frame: Frame) -> np.ndarray:
    """The force's figures of which the county leaves little: out of county and unknown, which nobody is to tell by subtracting."""
    kinds = figures["area_code"].map(frame.area_types)
    place = pd.MultiIndex.from_frame(figures[KEY[2:]])
    telling = np.zeros(len(figures), dtype=bool)
    for values in counts.values():
        county = pd.Series(values, index=place)[kinds.eq("county_14").to_numpy()].reindex(place).to_numpy()
        telling |= (values > county) & policy.is_small(values - county)
    return telling & kinds.eq("police_force").to_numpy()


def _withdrawn_before(
    figures: pd.DataFrame, counts: dict[str, np.ndarray], block: np.ndarray, layers: Collection[Layer]
) -> np.ndarray:
    """Figures of a block that an earlier release withdrew: all of it stays so, while it has a zero that would be hidden alone."""
    names = KEY[1:]
    there, now = np.zeros(len(figures), dtype=bool), pd.MultiIndex.from_frame(figures[names])
    for layer in layers:
        there |= now.isin(pd.MultiIndex.from_frame(layer.figures.loc[layer.withdrawn, names]))
    least = np.fmin.reduce(list(counts.values()))
    return (block >= 0) & np.isin(block, block[there]) & np.isin(block, block[least == 0])


def _layer(figures: pd.DataFrame, value_type: str, frame: Frame) -> Layer:
    """Figures of an earlier release."""
    counts = measures.of_figures(figures, value_type)
    is_published = figures["is_published"].to_numpy(dtype=bool)
    least = np.fmin.reduce(list(counts.values()))
    withdrawn = levels.withdrawn(levels.blocks(figures, frame.area_types), least, is_published)
    return Layer(figures, counts, is_published, withdrawn)


def _in_order(figures: pd.DataFrame, frame: Frame) -> pd.DataFrame:
    """By area, period and cell, so that no answer depends on the order of the rows."""
    order = figures["period_id"].map(frame.calendar.order)
    if order.isna().any():
        raise ValueError(f"No such period: {sorted(figures.loc[order.isna(), 'period_id'].unique())[:5]}. Are they in dim_period?")
    if figures.duplicated(KEY).any():
        raise ValueError(f"Figures are not unique by {', '.join(KEY)}.")
    return figures.assign(_start=order).sort_values(["area_code", "_start", "period_id", *DIMENSIONS]).drop(columns="_start")


def _releases(earlier: pd.DataFrame | None, frame: Frame) -> dict[str, pd.DataFrame]:
    if earlier is None or earlier.empty:
        return {}
    some = earlier[earlier["period_id"].isin(list(frame.calendar.order)) & earlier["area_code"].isin(list(frame.area_types))]
    return {release: _in_order(one.drop(columns="release"), frame) for release, one in some.groupby("release", sort=True)}


def _suppressed_before(figures: pd.DataFrame, counts: dict[str, np.ndarray], earlier: pd.DataFrame | None) -> np.ndarray:
    """Once suppressed, a figure stays so while it is the same, and until it and what it leaves of its group are large enough."""
    if earlier is None or earlier["is_published"].astype(bool).all():
        return np.zeros(len(figures), dtype=bool)
    hidden = earlier[~earlier["is_published"].astype(bool)]
    names, exact = KEY[1:], [*KEY[1:], "count"]
    least = np.fmin(counts["count"], counts.get("complement", counts["count"]))
    again = pd.MultiIndex.from_frame(figures[names]).isin(pd.MultiIndex.from_frame(hidden[names]))
    same = pd.MultiIndex.from_frame(figures[exact]).isin(pd.MultiIndex.from_frame(hidden[exact]))
    return same | (again & (least < policies.COMES_BACK_AT))
