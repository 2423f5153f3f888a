"""The values as they may be published: nothing that rests on a suppressed count, and rounded where the policy rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish import trends
from vrn.publish.disclosure import rounding
from vrn.publish.disclosure.decisions import PUBLISH
from vrn.publish.disclosure.policies import Policy
from vrn.publish.disclosure.tables import KEY

NUMBERS = ["count", "numerator", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998"]
WORDS = ["method", "comparison", "comparison_england", "comparison_baseline", "trend"]
CHANGES = {
    "year_earlier": ["year_earlier_change_percent", "is_year_earlier_change_significant"],
    "baseline": ["baseline_change_percent", "is_baseline_change_significant"],
}
VALUES = [*NUMBERS, *WORDS, *CHANGES["year_earlier"], *CHANGES["baseline"]]
YEARS = ("financial_year", "academic_year")
SUPPRESSED = "suppressed"
NOT_APPLICABLE = "not_applicable"


def published(
    figures: pd.DataFrame,
    decision: pd.Series,
    policy: Policy,
    indicator: pd.Series,
    periods: pd.DataFrame,
    baseline_period: str,
    is_controlled: np.ndarray,
) -> pd.DataFrame:
    """One indicator's figures as they may be published: VALUES (those that `figures` has) and `public_status`.

    indicator: its row of dim_indicator. is_controlled: by figure, false for a country's. Figures that are not published have no
    value, and `suppressed` for a status; where there was no figure, its status stays.
    """
    shown = figures[[name for name in VALUES if name in figures]].copy()
    for name in [one for one in NUMBERS if one in shown] + [one for one in shown if one.endswith("_percent")]:
        shown[name] = pd.to_numeric(shown[name]).astype(float)
    for name in [one for one in shown if one.startswith("is_") or one in WORDS]:
        shown[name] = shown[name].astype(object)
    is_shown = (decision == PUBLISH).to_numpy()
    is_hidden = decision.str.startswith("suppressed").to_numpy()
    is_rounded = is_shown & is_controlled & (policy.rounding > 1)
    if is_rounded.any():
        rounding.apply(shown, figures, is_rounded, policy, indicator)
    _withhold_derived(shown, figures, is_hidden, is_rounded, indicator, periods, baseline_period)
    keeps = pd.notna(indicator.get("population")) and indicator["value_type"] in ("crude_rate", "dsr", "sii")
    for name in shown:
        # The population of an area is public; that of a group of clients is a count.
        if not (name == "denominator" and keeps):
            shown.loc[is_hidden, name] = np.nan if name in NUMBERS or name.endswith("_percent") else None
    # Where rounding leaves no value there is none, whatever the true count would have.
    is_left_out = figures["value"].notna() & shown["value"].isna()
    shown["public_status"] = np.select([is_hidden, is_left_out], [SUPPRESSED, NOT_APPLICABLE], figures["status"])
    return shown


def _withhold_derived(shown, figures, is_hidden, is_rounded, indicator, periods, baseline_period: str) -> None:
    """Comparisons, changes and trends of published figures that rest on a suppressed one, and changes of rounded ones."""
    names = KEY[1:]
    hidden = pd.MultiIndex.from_frame(figures.loc[is_hidden, names])
    values = pd.Series(shown["value"].to_numpy(), index=pd.MultiIndex.from_frame(figures[names])) if "value" in shown else None
    earlier = dict(zip(periods["period_id"], periods["year_earlier_period_id"], strict=True))
    year_earlier = figures["period_id"].map(earlier)
    others = {
        "year_earlier": figures.assign(period_id=year_earlier),
        "baseline": figures.assign(period_id=baseline_period),
        "county": figures.assign(area_code=indicator.get("comparator_default")),
    }
    rests = {name: pd.MultiIndex.from_frame(other[names]).isin(hidden) for name, other in others.items()}
    for name, columns in CHANGES.items():
        for column in [one for one in columns if one in shown]:
            if is_rounded.any() and column.endswith("_percent"):
                other = values.reindex(pd.MultiIndex.from_frame(others[name][names])).to_numpy()
                with np.errstate(divide="ignore", invalid="ignore"):
                    again = (values.to_numpy() - other) / np.abs(other) * 100
                shown[column] = np.where(shown[column].notna() & np.isfinite(again), again, np.nan)
            shown.loc[rests[name], column] = np.nan if column.endswith("_percent") else None
    for column, name in (("comparison", "county"), ("comparison_baseline", "baseline")):
        if column in shown:
            shown.loc[rests[name], column] = "not_compared"
    if "trend" in shown:
        kinds = dict(zip(periods["period_id"], periods["period_type"], strict=True))
        is_year = figures["period_id"].map(kinds).isin(YEARS).to_numpy()
        years = [figures["period_id"]]
        for _ in range(trends.YEARS - 1):
            years.append(years[-1].map(earlier))
        # The latest first.
        five = [pd.MultiIndex.from_frame(figures.assign(period_id=year)[names]) for year in years]
        has_trend = is_year & shown["trend"].notna().to_numpy()
        rounding.trend(shown, figures, has_trend & is_rounded, five, indicator)
        reaches = np.logical_or.reduce([year.isin(hidden) for year in five])
        shown.loc[reaches & has_trend, "trend"] = trends.UNKNOWN
