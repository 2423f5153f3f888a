"""What is shown of rounded counts: all of it computed from them, so that nothing beside them says more than they do.

Value and limits of the true count give it back: Dobson's and Byar's methods can be inverted. Words can be, too: whether an interval
holds the county's value is a question of one event more or less, and below ten events the method has another name.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish import intervals, trends
from vrn.publish.disclosure import beside
from vrn.publish.disclosure.beside import Beside
from vrn.publish.disclosure.policies import DIMENSIONS, Policy

# A standardised rate's digits say of which ages the events were: with one decimal no count follows from them, nor an age.
STANDARDISED_DIGITS = 1
# Fewer events have no standardised rate (stats.dsr): where a rounded count may stand for fewer, none is shown.
STANDARDISED_FROM = 10
BYAR_FROM = 10
JUDGED = ("better", "worse", "lower", "higher", "similar")
LIMITS = [f"{side}_ci_{level}" for side in ("lower", "upper") for level in intervals.Z]


def apply(shown: pd.DataFrame, figures: pd.DataFrame, is_rounded: np.ndarray, policy: Policy, indicator: pd.Series) -> None:
    """Puts into `shown` of the rows `is_rounded` the rounded counts and what is computed from them.

    shown: VALUES of one indicator's figures, changed in place. figures: the same rows with their keys. A ratio and a slope over
    quintiles rest on counts that are not shown, and a standardised rate on ten events: where it cannot be said, there is no value.
    """
    true = shown.copy()
    shown.loc[is_rounded, "count"] = policy.rounded(true.loc[is_rounded, "count"].to_numpy())
    kind = indicator["value_type"]
    if kind in ("proportion", "mean"):
        shown.loc[is_rounded, "denominator"] = policy.rounded(true.loc[is_rounded, "denominator"].to_numpy())
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    is_own = is_rounded & is_total & (kind in ("dsr", "ratio", "sii"))
    # A value that is not shown has no limits either: nothing is left of the true ones.
    columns = [name for name in ("value", *LIMITS) if name in shown]
    shown.loc[is_rounded, columns] = np.nan
    if kind == "dsr":
        _standardised(shown, true, is_own, policy)
    if kind == "ratio":
        shown.loc[is_own, "denominator"] = np.nan
    _of_counts(shown, true, is_rounded & ~is_own & true["value"].notna().to_numpy(), kind, indicator)
    _words(shown, figures, is_rounded, indicator)


def shorten(shown: pd.DataFrame, rows: np.ndarray) -> None:
    """Value and limits of these standardised rates with as many digits as are told, changed in place."""
    columns = [name for name in ("value", *LIMITS) if name in shown]
    # First without what computing left, which would send a half up for one count and down for another.
    shown.loc[rows, columns] = shown.loc[rows, columns].round(9).round(STANDARDISED_DIGITS)


def trend(shown: pd.DataFrame, rows: np.ndarray, five: list[np.ndarray], indicator: pd.Series) -> None:
    """The trend of `rows` as the five rounded figures have it, without whether that is good. five: by figure the rows of these,
    latest first (beside.py)."""
    if not rows.any():
        return
    is_share = indicator["value_type"] == "proportion"
    columns = ["count", "denominator"] if is_share else ["value", "lower_ci_95", "upper_ci_95"]
    known = shown[columns].where(shown["value"].notna()).to_numpy()
    series = np.stack([beside.numbers(known, year[rows]) for year in reversed(five)], axis=-1)
    of = trends.of_proportions if is_share else trends.of_values
    shown.loc[rows, "trend"] = [of(*one) for one in series]


def _standardised(shown: pd.DataFrame, true: pd.DataFrame, rows: np.ndarray, policy: Policy) -> None:
    """Rate and width of the interval as the rounded count of the same ages has them; the shape of Byar's limits is its own."""
    least, _ = policy.known_range(true["count"].to_numpy())
    rows = rows & (least >= STANDARDISED_FROM) & true["value"].notna().to_numpy()
    count, exact = shown.loc[rows, "count"].to_numpy(), true.loc[rows, "count"].to_numpy()
    value = true.loc[rows, "value"].to_numpy() * count / exact
    shown.loc[rows, "value"] = value
    for level, z in intervals.Z.items():
        names = [f"lower_ci_{level}", f"upper_ci_{level}"]
        if names[0] in shown:
            (low, high), (exact_low, exact_high) = intervals.byar(count, z), intervals.byar(exact, z)
            a_unit = (true.loc[rows, names[1]] - true.loc[rows, names[0]]).to_numpy() / (exact_high - exact_low)
            for name, limit in zip(names, (low, high), strict=True):
                shown.loc[rows, name] = value + a_unit * (limit - count)


def _of_counts(shown: pd.DataFrame, true: pd.DataFrame, rows: np.ndarray, kind: str, indicator: pd.Series) -> None:
    """Counts, crude rates, shares, means; with limits of Byar and Wilson where the true figure has limits."""
    count = shown.loc[rows, "count"].to_numpy()
    group = np.ones_like(count) if kind == "count" else shown.loc[rows, "denominator"].to_numpy()
    by = 1.0 if kind == "count" else float(indicator["multiplier"])
    count = np.minimum(count, group) if kind == "proportion" else count
    shown.loc[rows, "value"] = count / group * by
    for level, z in intervals.Z.items():
        if f"lower_ci_{level}" not in shown:
            continue
        has = true.loc[rows, f"upper_ci_{level}"].notna().to_numpy()
        limits = intervals.wilson(count, group, z) if kind == "proportion" else [one / group for one in intervals.byar(count, z)]
        for side, limit in zip(("lower", "upper"), limits, strict=True):
            shown.loc[rows, f"{side}_ci_{level}"] = np.where(has, limit * by, np.nan)


def _words(shown: pd.DataFrame, figures: pd.DataFrame, is_rounded: np.ndarray, indicator: pd.Series) -> None:
    # Words go with the value: a true figure has none below ten events, and they would say on which side of ten a count lies.
    has_none = is_rounded & shown["value"].isna().to_numpy()
    for name in ("method", "trend"):
        if name in shown:
            shown.loc[has_none, name] = None
    if "method" in shown:
        is_poisson = shown["method"].isin(["byar", "exact_poisson"]).to_numpy() & is_rounded
        shown.loc[is_poisson, "method"] = np.where(shown.loc[is_poisson, "count"] < BYAR_FROM, "exact_poisson", "byar")
    if "comparison" in shown:
        _compare(shown, figures, is_rounded & shown["comparison"].isin(JUDGED).to_numpy(), indicator)


def _compare(shown: pd.DataFrame, figures: pd.DataFrame, rows: np.ndarray, indicator: pd.Series) -> None:
    """With the county's value as it is shown, by whether the interval that is shown holds it. An area that is shown as the county
    is not compared, whether all that the county has is the area's or nearly all."""
    county = Beside(figures).in_area(indicator["comparator_default"])
    values, counts, groups = (beside.numbers(shown[name].to_numpy(), county)[rows] for name in ("value", "count", "denominator"))
    is_alike = (shown.loc[rows, "count"].to_numpy() == counts) & (shown.loc[rows, "denominator"].to_numpy() == groups)
    lower, upper = (shown.loc[rows, f"{side}_ci_95"].to_numpy() for side in ("lower", "upper"))
    if indicator.get("polarity") in ("low_is_good", "high_is_good"):
        above, below = ("better", "worse") if indicator["polarity"] == "high_is_good" else ("worse", "better")
    else:
        above, below = "higher", "lower"
    is_known = ~(np.isnan(lower) | np.isnan(values) | is_alike)
    shown.loc[rows, "comparison"] = np.select(
        [~is_known, lower > values, upper < values], ["not_compared", above, below], "similar"
    )
