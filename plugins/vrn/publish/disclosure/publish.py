"""The values as they may be published: nothing that rests on a suppressed count, and rounded where the policy rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish import intervals
from vrn.publish.disclosure.decisions import PUBLISH
from vrn.publish.disclosure.policies import DIMENSIONS, Policy
from vrn.publish.disclosure.tables import KEY

NUMBERS = ["count", "numerator", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998"]
WORDS = ["method", "comparison", "comparison_england", "comparison_baseline", "trend"]
CHANGES = {
    "year_earlier": ["year_earlier_change_percent", "is_year_earlier_change_significant"],
    "baseline": ["baseline_change_percent", "is_baseline_change_significant"],
}
VALUES = [*NUMBERS, *WORDS, *CHANGES["year_earlier"], *CHANGES["baseline"]]
YEARS = ("financial_year", "academic_year")
TREND_YEARS = 5
SUPPRESSED = "suppressed"
# A standardised rate's limits give its count away, digit by digit; with one they tell it no better than rounding does.
STANDARDISED_DIGITS = 1


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
    if policy.rounding > 1:
        _round(shown, figures, is_shown & is_controlled, policy, indicator)
    _withhold_derived(shown, figures, is_hidden, indicator, periods, baseline_period, policy)
    keeps = pd.notna(indicator.get("population")) and indicator["value_type"] in ("crude_rate", "dsr", "sii")
    for name in shown:
        # The population of an area is public; that of a group of clients is a count.
        if not (name == "denominator" and keeps):
            shown.loc[is_hidden, name] = np.nan if name in NUMBERS or name.endswith("_percent") else None
    shown["public_status"] = np.where(is_hidden, SUPPRESSED, figures["status"])
    return shown


def _round(shown: pd.DataFrame, figures: pd.DataFrame, is_shown: np.ndarray, policy: Policy, indicator: pd.Series) -> None:
    """Counts to the base of rounding, and what is computed from them; of standardised rates fewer digits."""
    for name in ("count", "numerator"):
        if name in shown:
            shown.loc[is_shown, name] = policy.rounded(shown.loc[is_shown, name].to_numpy())
    kind = indicator["value_type"]
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    if kind in ("proportion", "mean"):
        shown.loc[is_shown, "denominator"] = policy.rounded(shown.loc[is_shown, "denominator"].to_numpy())
    whole = is_shown & (is_total if kind in ("dsr", "sii") else False)
    for name in NUMBERS[3:]:
        if name in shown:
            shown.loc[whole, name] = shown.loc[whole, name].round(STANDARDISED_DIGITS)
    again = is_shown & ~whole & shown["value"].notna().to_numpy()
    count, group = shown.loc[again, "count"].to_numpy(), shown.loc[again, "denominator"].to_numpy()
    by = float(indicator["multiplier"]) if kind != "count" else 1.0
    if kind == "count":
        group = np.ones_like(count)
    count = np.minimum(count, group) if kind == "proportion" else count
    shown.loc[again, "value"] = count / group * by
    for level, z in intervals.Z.items():
        if f"lower_ci_{level}" not in shown:
            continue
        has = shown.loc[again, f"upper_ci_{level}"].notna().to_numpy()
        lower, upper = intervals.wilson(count, group, z) if kind == "proportion" else (limit / group for limit in _byar(count, z))
        if kind == "mean":
            lower = upper = np.full(len(count), np.nan)
        shown.loc[again, f"lower_ci_{level}"] = np.where(has, lower * by, np.nan)
        shown.loc[again, f"upper_ci_{level}"] = np.where(has, upper * by, np.nan)


def _byar(count: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    """For what rounding leaves: ten or more (Byar), or none (exact)."""
    tail = 0.05 if z < 2 else 0.002
    return intervals.byar_lower(count, z), np.where(count == 0, -np.log(tail / 2), intervals.byar_upper(count, z))


def _withhold_derived(shown, figures, is_hidden, indicator, periods, baseline_period: str, policy: Policy) -> None:
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
            if policy.rounding > 1 and column.endswith("_percent"):
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
        reaches, back = is_hidden.copy(), figures["period_id"]
        for _ in range(TREND_YEARS - 1):
            back = back.map(earlier)
            reaches |= pd.MultiIndex.from_frame(figures.assign(period_id=back)[names]).isin(hidden)
        shown.loc[reaches & is_year & shown["trend"].notna().to_numpy(), "trend"] = "cannot_be_calculated"
