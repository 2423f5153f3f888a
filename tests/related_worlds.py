"""Worlds in which indicators count some of the same events: each some of their kinds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests import attack
from tests.worlds import EAST, PERIODS, UNPLACED, areas, figure
from vrn.publish import disclosure
from vrn.publish.disclosure import policies

ZERO, MANY = 0.0, np.inf


@dataclass(frozen=True)
class Shape:
    """counts, groups: which kinds of events an indicator counts, and its denominator. adds_up: what its metadata say of that.

    left: what indicators leave of each other, as kinds. bands: by age band its kind, of the indicators in `has_bands`.
    """

    counts: dict[str, tuple[str, ...]]
    adds_up: dict[str, list[str]]
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left: tuple[tuple[str, ...], ...] = ()
    bands: dict[str, str] = field(default_factory=dict)
    has_bands: str = ""

    @property
    def kinds(self) -> list[str]:
        return sorted({kind for kinds in (*self.counts.values(), *self.groups.values()) for kind in kinds})


SHAPES = {
    "a sum": Shape({"V91": ("a",), "V92": ("b",), "V93": ("a", "b")}, {"V93": ["count = V91 + V92"]}),
    "a part": Shape({"V91": ("a",), "V92": ("a", "b")}, {"V91": ["count <= V92"]}, left=(("b",),)),
    "parts": Shape(
        {"V91": ("a",), "V92": ("b",), "V93": ("a", "b", "c")}, {"V93": ["V91 + V92 <= count"]}, left=(("c",),)
    ),
    "one denominator": Shape(
        {"R91": ("a", "ab"), "R92": ("b", "ab")},
        {"R92": ["denominator = R91 denominator"]},
        groups={"R91": ("a", "ab", "b", "o"), "R92": ("a", "ab", "b", "o")},
    ),
    "a denominator that is a count": Shape(
        {"R91": ("a",), "V92": ("a", "o")}, {"R91": ["denominator = V92"]}, groups={"R91": ("a", "o")}
    ),
    "a denominator within a count": Shape(
        {"R91": ("a",), "V92": ("a", "b", "o")}, {"R91": ["denominator <= V92"]}, groups={"R91": ("a", "o")}, left=(("b",),)
    ),
    "bands": Shape(
        {"V91": ("young",), "V92": ("young", "old")},
        {"V91": ["count <= V92", "count = V92 (age_band 10-17) + V92 (age_band 18-24)"]},
        left=(("old",),),
        bands={"10-17": "young", "18-24": "young", "25-34": "old"},
        has_bands="V92",
    ),
}  # fmt: skip


class RelatedWorld:
    """Counts by kind, place and month (of bands by year), and what several indicators say of them."""

    def __init__(self, shape: Shape, seed: int, policy: dict[str, str] | str, is_small: bool = False, has_windows: bool = False):
        """is_small: two districts, the county, and a month; so few that every choice can be tried. has_windows: months
        and windows of 15 months."""
        dice = np.random.default_rng(seed)
        self.shape = shape
        self.policies = policy if isinstance(policy, dict) else dict.fromkeys(shape.counts, policy)
        self.areas = areas(EAST[: 2 if is_small else int(dice.integers(1, 4))])
        if is_small:
            self.areas = self.areas[self.areas["area_type"].isin(["district", "county_14"])]
        self._order = [*self.areas.loc[self.areas["area_type"] == "district", "area_code"], "OUT", "UNK"]
        self._types = ["financial_year"] if shape.bands else ["month", "quarter"] if seed % 2 and not is_small else ["month"]
        self._months = 12 if shape.bands else 1 if is_small else 3
        if has_windows:
            self._types, self._months = ["month", "rolling_12_months"], 15
        mean = {
            kind: dice.choice([0.7, 3, 12]) * (8 if kind == "o" else 1) / (4 if shape.bands or has_windows else 1)
            for kind in shape.kinds
        }
        size = (len(self._order), self._months)
        if shape.bands:
            by_band = {band: dice.poisson(mean[kind] * 4, size[0]) for band, kind in shape.bands.items()}
            self._bands = by_band
            self._counts = {
                kind: sum(counts for band, counts in by_band.items() if shape.bands[band] == kind)[:, None] for kind in shape.kinds
            }
        else:
            self._bands = {}
            self._counts = {kind: dice.poisson(mean[kind], size) for kind in shape.kinds}

    @property
    def indicators(self) -> pd.DataFrame:
        rows = [
            {
                "indicator_id": name, "suppression_policy": self.policies[name], "population": None, "multiplier": 1,
                "value_type": "proportion" if name in self.shape.groups else "count", "comparator_default": "LANCS-14",
                "adds_up": self.shape.adds_up.get(name),
            }
            for name in self.shape.counts
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def figures(self) -> pd.DataFrame:
        rows = []
        for area, places, period, months in self._places():
            for name, kinds in self.shape.counts.items():
                group = self.shape.groups.get(name)
                denominator = None if group is None else self._sum(group, places, months)
                rows.append(figure(area, period, self._sum(kinds, places, months), denominator) | {"indicator_id": name})
                for band in self.shape.bands if name == self.shape.has_bands else ():
                    rows.append(figure(area, period, self._bands[band][places].sum(), age_band=band) | {"indicator_id": name})
        return pd.DataFrame(rows).sort_values(["indicator_id"], kind="stable", ignore_index=True)

    def decide(self, figures: pd.DataFrame, is_related: bool = True) -> pd.DataFrame:
        definitions = self.indicators if is_related else self.indicators.drop(columns="adds_up")
        return disclosure.decide(figures, definitions, self.areas, PERIODS)

    def told(self, figures: pd.DataFrame, hidden: np.ndarray, withheld: np.ndarray) -> pd.DataFrame:
        """Every count that figures tell, or hide, a row each: KEY, measure, kinds, true `count`, low and high as the attacker
        knows them, and the width that a hidden one must keep (0: none). hidden: from this attacker; withheld: from everybody."""
        rows = []
        rests = (figures["denominator"] - figures["count"]).where(figures["denominator"].notna(), 1)
        is_none = figures.assign(count=np.fmin(figures["count"], rests.astype(float)))
        may_be_none = attack.may_be_none(is_none, ~withheld, self.areas)
        for row, is_hidden, least in zip(figures.to_dict("records"), hidden, np.where(may_be_none, 0, 1), strict=True):
            policy = policies.POLICIES[self.policies[row["indicator_id"]]]
            kinds = self.shape.counts[row["indicator_id"]]
            if row["age_band"] != "all":
                kinds = (self.shape.bands[row["age_band"]],)
            measures = {"count": (kinds, row["count"])}
            if group := self.shape.groups.get(row["indicator_id"]):
                rest = tuple(kind for kind in group if kind not in kinds)
                measures |= {"complement": (rest, row["denominator"] - row["count"]), "group": (group, row["denominator"])}
            for measure, (of, count) in measures.items():
                low, high = _known(policy, count)
                if measure == "complement" and policy.rounding > 1:
                    low, high = ZERO, MANY
                is_free = measure == "group" and policy.rounding == 1
                width = 0 if is_free or not is_hidden or count == 0 else policy.width
                low, high = (min(count, least), MANY) if is_hidden else (low, high)
                rows.append(row | {"measure": measure, "kinds": of, "count": count, "low": low, "high": high, "width": width})
        strictest = policies.strictest(self.policies.values())
        for area, places, period, months in self._places():
            for kinds in self.shape.left:
                count = self._sum(kinds, places, months)
                width = strictest.width if strictest.is_small(count) else 0
                row = figure(area, period, count) | {"indicator_id": "left", "measure": "left", "kinds": kinds}
                rows.append(row | {"low": ZERO, "high": MANY, "width": width})
        return pd.DataFrame(rows)

    def too_narrow(self, figures: pd.DataFrame, hidden: np.ndarray, most: int = 10**6, withheld: np.ndarray | None = None) -> list:
        """Counts (of at most so many that are tried) that the attacker knows more narrowly than they must be known.

        withheld: what is hidden from everybody, where the attacker knows some of it.
        """
        told = self.told(figures, hidden, hidden if withheld is None else withheld)
        wanted = np.flatnonzero(told["width"] > 0)
        wanted = wanted[:: max(1, len(wanted) // most)]
        if not len(wanted):
            return []
        matrix = attack.atoms_of(told, self.areas, PERIODS)
        ties = np.zeros(matrix.shape[0] - len(told))
        seen = attack.Figures(matrix, np.append(told["low"], ties), np.append(told["high"], ties), wanted)
        found = attack.ranges(seen)
        told = told.iloc[wanted].assign(lowest=found["low"].to_numpy(), highest=found["high"].to_numpy())
        assert told["count"].between(told["lowest"], told["highest"]).all(), "the attack is wrong"
        narrow = told[told["highest"] - told["lowest"] < told["width"]]
        return narrow[["indicator_id", "area_code", "period_id", "measure", "count", "lowest", "highest"]].values.tolist()

    def _places(self) -> list[tuple[str, list[int], str, list[int]]]:
        """Area, its places, period and its months (the only column of a year)."""
        inside = {
            row.area_code: [self._order.index(leaf) for leaf in row.leaf_codes if leaf in self._order]
            for row in self.areas.itertuples()
        }
        found = []
        for _, period in PERIODS[PERIODS["period_type"].isin(self._types)].iterrows():
            months = [number - (2018 * 12 + 3) for number in attack.months_of(period)]
            if months[-1] < self._months:
                columns = [0] if self.shape.bands else months
                shown = [(area, places) for area, places in inside.items() if places and area not in UNPLACED]
                found += [(area, places, period["period_id"], columns) for area, places in shown]
        return found

    def _sum(self, kinds: tuple[str, ...], places: list[int], months: list[int]) -> float:
        return float(sum(self._counts[kind][places][:, months].sum() for kind in kinds))


def _known(policy: policies.Policy, count: float) -> tuple[float, float]:
    low, high = policy.known_range(np.array([count]))
    return float(low[0]), float(high[0])
