"""Worlds made up for disclosure control: areas and periods, counts that add up, and the figures over them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests import attack
from vrn.publish.disclosure import policies

EAST = ["E06000008", "E07000117", "E07000120", "E07000122", "E07000124", "E07000125"]
# Told as part of the force alone.
UNPLACED = ["OUT", "UNK"]
ALL = {"sex": "all", "age_band": "all", "ethnicity": "all", "imd_quintile": "all"}


def areas(districts: list[str] = EAST) -> pd.DataFrame:
    """Some districts, the county that they add to, the force with what has no place, and England."""
    whole = [*districts, "E10000017", "LANCS-14"]
    rows = [(code, "district", ["district"], [code]) for code in districts]
    rows += [
        ("LANCS-14", "county_14", ["county_14"], whole),
        ("E23000003", "police_force", ["police_force"], [*whole, "OUT", "UNK"]),
    ]
    rows += [("OUT", "unplaced", ["unplaced"], ["OUT"]), ("UNK", "unplaced", ["unplaced"], ["UNK"])]
    rows += [("E92000001", "country", ["country"], [])]
    return pd.DataFrame(rows, columns=["area_code", "area_type", "area_levels", "leaf_codes"])


def periods(first: str = "2018-04", months: int = 36) -> pd.DataFrame:
    """dim_period over some months: each month, quarter, financial year and window that is whole."""
    start = pd.Period(first, "M")
    rows = []

    def add(name: str, kind: str, begin: pd.Period, length: int, earlier: str | None) -> None:
        if begin >= start and begin + length <= start + months:
            rows.append((name, kind, begin.start_time.date(), (begin + length - 1).end_time.date(), earlier))

    def year(of: int) -> str:
        return f"{of}/{(of + 1) % 100:02d}"

    for number in range(months):
        month = start + number
        add(str(month), "month", month, 1, str(month - 12))
        add(f"{month + 11}-R12", "rolling_12_months", month, 12, f"{month - 1}-R12")
        if month.month in (4, 7, 10, 1):
            of, quarter = (month - 3).year, (month - 3).quarter
            add(f"{year(of)}-Q{quarter}", "quarter", month, 3, f"{year(of - 1)}-Q{quarter}")
        if month.month == 4:
            add(year(month.year), "financial_year", month, 12, year(month.year - 1))
            add(f"{year(month.year)}-{year(month.year + 2)}", "three_financial_years", month, 36, None)
    return pd.DataFrame(rows, columns=["period_id", "period_type", "start_on", "end_on", "year_earlier_period_id"])


PERIODS = periods()


def figure(area: str, period: str, count: float, denominator: float | None = None, **more) -> dict:
    value = count if denominator is None else count / denominator if denominator else None
    given = {"indicator_id": "V00", "area_code": area, "period_id": period, **ALL, "count": count}
    return given | {"denominator": denominator, "value": value, "status": "ok"} | more


def suppressed(decided: pd.DataFrame) -> np.ndarray:
    return decided["decision"].str.startswith("suppressed").to_numpy()


class World:
    """Counts that add up, by place and month (and of years by sex), and the figures over them."""

    def __init__(self, seed: int, change_of: World | None = None):
        self.dice = np.random.default_rng(seed)
        kind = seed % 4
        self.districts = EAST[: (1 if kind == 2 else int(self.dice.integers(2, 5)))]
        self.months = {0: 1, 1: 3, 2: int(self.dice.integers(13, 16)), 3: 12}[kind]
        self.has_sex, self.kinds = kind == 3, {0: ["month"], 1: ["month", "quarter"], 3: ["financial_year"]}.get(kind)
        mean = self.dice.choice([1, 4, 12])
        self.counts = self.dice.poisson(mean / (12 if self.has_sex else 1), (len(self.districts) + 2, self.months))
        self.females = self.dice.binomial(self.counts.sum(axis=1), 0.5)
        if change_of is not None:
            self.__dict__ |= {name: value for name, value in change_of.__dict__.items() if name != "dice"}
            moved = self.dice.random(self.counts.shape) < 0.15
            self.counts = np.where(moved, np.maximum(self.counts + self.dice.integers(-2, 3, self.counts.shape), 0), self.counts)
            self.females = np.minimum(self.females, self.counts.sum(axis=1))
        self.areas = areas(self.districts)

    def figures(self) -> pd.DataFrame:
        order = [*self.districts, "OUT", "UNK"]
        inside = {row.area_code: [order.index(leaf) for leaf in row.leaf_codes if leaf in order] for row in self.areas.itertuples()}
        rows = []
        for _, period in PERIODS.iterrows():
            months = [number - (2018 * 12 + 3) for number in attack.months_of(period)]
            if months[-1] >= self.months or (self.kinds and period["period_type"] not in self.kinds):
                continue
            for area, places in inside.items():
                if not places or area in UNPLACED:
                    continue
                rows.append(figure(area, period["period_id"], self.counts[places][:, months].sum()))
                if self.has_sex and period["period_type"] == "financial_year":
                    female = self.females[places].sum()
                    rows.append(figure(area, period["period_id"], female, sex="female"))
                    rows.append(figure(area, period["period_id"], rows[-2]["count"] - female, sex="male"))
        return pd.DataFrame(rows)

    def seen(self, figures: pd.DataFrame, decided: pd.DataFrame, policy: str) -> attack.Figures:
        counts = figures["count"].to_numpy(dtype=float)
        matrix = attack.atoms_of(figures, self.areas, PERIODS)
        shown, known = ~suppressed(decided), policies.POLICIES[policy].known_range
        return attack.seen(matrix, shown, known, counts, attack.may_be_none(figures, shown, self.areas))


def too_narrow(
    figures: pd.DataFrame, decided: pd.DataFrame, seen: attack.Figures, policy: str, whole: bool = False, most: int = 10**6
) -> list:
    """Suppressed figures (of at most so many that are tried) that the attacker knows more narrowly than the policy allows."""
    counts = figures["count"].to_numpy()
    tried = [number for number in seen.wanted if counts[number] > 0]
    tried = np.array(tried[:: max(1, len(tried) // most)], dtype=int)
    if not len(tried):
        return []
    found = attack.ranges(seen, tried, whole)
    assert ((found["low"] <= counts[tried]) & (counts[tried] <= found["high"])).all(), "the attack is wrong"
    narrow = found[found["high"] - found["low"] < policies.POLICIES[policy].width]
    return [(figures.loc[number, "area_code"], figures.loc[number, "period_id"], *narrow.loc[number]) for number in narrow.index]
