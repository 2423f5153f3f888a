"""The values as they may be published: nothing that rests on a suppressed count, and rounded where the policy rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish import trends
from vrn.publish.disclosure import beside, rounding
from vrn.publish.disclosure.beside import Beside
from vrn.publish.disclosure.decisions import PUBLISH
from vrn.publish.disclosure.policies import DIMENSIONS, Policy

NUMBERS = ["count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998"]
WORDS = ["method", "comparison", "trend"]
# What of a figure is told: words too, for a comparison with a hidden figure tells of it. Changes, the comparison with England and
# the status are worked out of these, in publish (publish__indicator_value).
VALUES = [*NUMBERS, *WORDS]
YEARS = ("financial_year", "academic_year")


def published(
    figures: pd.DataFrame,
    decision: pd.Series,
    policy: Policy,
    indicator: pd.Series,
    periods: pd.DataFrame,
    is_controlled: np.ndarray,
) -> pd.DataFrame:
    """One indicator's figures as they may be published: VALUES (those that `figures` has), empty where one is not published.

    indicator: its row of dim_indicator. is_controlled: by figure, false for a country's.
    """
    shown = figures[[name for name in VALUES if name in figures]].copy()
    for name in shown:
        shown[name] = shown[name].astype(object) if name in WORDS else pd.to_numeric(shown[name]).astype(float)
    is_shown = (decision == PUBLISH).to_numpy()
    is_hidden = decision.str.startswith("suppressed").to_numpy()
    is_judged = is_shown & is_controlled & policy.is_control
    is_rounded = is_judged & (policy.rounding > 1)
    is_mean = is_judged & (indicator["value_type"] == "mean")
    _withhold_limits(shown, is_mean)
    if is_rounded.any():
        rounding.apply(shown, figures, is_rounded, policy, indicator)
    if indicator["value_type"] == "dsr":
        rounding.shorten(shown, is_judged & (figures[DIMENSIONS] == "all").all(axis=1).to_numpy())
    _withhold_words(shown, figures, is_hidden, is_rounded | is_mean, indicator, periods)
    keeps = pd.notna(indicator.get("population")) and indicator["value_type"] in ("crude_rate", "dsr", "sii")
    for name in shown:
        # The population of an area is public; that of a group of clients is a count.
        if not (name == "denominator" and keeps):
            shown.loc[is_hidden, name] = np.nan if name in NUMBERS else None
    return shown


def _withhold_limits(shown: pd.DataFrame, rows: np.ndarray) -> None:
    """Of these means the limits, and how they were made and what they said of the county. They give the sum of the squares, and
    with count and denominator often what each person counts."""
    shown.loc[rows, [name for name in rounding.LIMITS if name in shown]] = np.nan
    for name, word in (("method", None), ("comparison", "not_compared")):
        if name in shown:
            shown.loc[rows, name] = word


def _withhold_words(shown, figures, is_hidden, is_changed, indicator, periods) -> None:
    """Comparisons and trends of published figures that rest on a suppressed one, and trends of those whose value or limits are
    not the true ones."""
    places = Beside(figures)
    if "comparison" in shown:
        county = places.in_area(indicator.get("comparator_default"))
        shown.loc[beside.is_true(is_hidden, county), "comparison"] = "not_compared"
    if "trend" in shown:
        earlier = dict(zip(periods["period_id"], periods["year_earlier_period_id"], strict=True))
        kinds = dict(zip(periods["period_id"], periods["period_type"], strict=True))
        is_year = figures["period_id"].map(kinds).isin(YEARS).to_numpy()
        years = [figures["period_id"]]
        for _ in range(trends.YEARS - 1):
            years.append(years[-1].map(earlier))
        # The latest first.
        five = [places.in_period(year) for year in years]
        has_trend = is_year & shown["trend"].notna().to_numpy()
        rounding.trend(shown, has_trend & is_changed, five, indicator)
        reaches = np.logical_or.reduce([beside.is_true(is_hidden, year) for year in five])
        shown.loc[reaches & has_trend, "trend"] = trends.UNKNOWN
