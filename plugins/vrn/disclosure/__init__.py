"""Disclosure control: which figures of marts.fct_indicator_value may be published, and their values as they may be.

    decided = decide(figures, indicators, areas, periods, earlier)      # one row per figure, restricted: it says why
    public(decided)                                                     # the same without the why: for everybody
    earlier = remember(earlier, figures, decided, "2026-12-14")         # what the next release must not undo

A figure is published, suppressed because it is small (primary), or suppressed because another could be worked out from it
(secondary). Readers see one status for both, `suppressed`: who could tell them apart would know that a primary one is 1 to 4.
Pure and deterministic: the same figures in any order give the same answer. The rules are those of DOMAIN 5.4; policies.py has
the primary ones, constraints.py what adds up to what, secondary.py what is suppressed for another's sake, publish.py the values.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.disclosure import decisions, policies
from vrn.disclosure.decisions import KEY, NO_FIGURE, PUBLISH
from vrn.disclosure.publish import SUPPRESSED, VALUES, published

__all__ = ["KEY", "SUPPRESSED", "decide", "public", "remember"]

RESTRICTED = ["decision", "reason"]
MEMORY = ["release", *KEY, "count", "denominator", "is_published"]


def decide(
    figures: pd.DataFrame,
    indicators: pd.DataFrame,
    areas: pd.DataFrame,
    periods: pd.DataFrame,
    earlier: pd.DataFrame | None = None,
    *,
    baseline_period: str = "2018/19",
) -> pd.DataFrame:
    """Decides for every figure whether it may be published, and gives its values as they may be.

    figures: rows of marts.fct_indicator_value (any order, unique by KEY): KEY, `count` and `denominator` in events or persons,
      `value` in the indicator's unit, `status`, and any other columns of VALUES. A row without a count is no figure.
    indicators, areas, periods: marts.dim_indicator, dim_area, dim_period (lists for the arrays).
    earlier: what `remember` gave after the last release, or None. Figures suppressed then stay suppressed until they count 10;
      values published then are known, so nothing can be hidden behind them.
    baseline_period: the year that baseline changes are from (dbt's variable).

    Returns, with the index and order of `figures`: KEY; `decision` (publish, suppressed_primary, suppressed_secondary, no_figure)
    and `reason` (small, complement, suppressed_before, derived from a suppressed one, or cannot_be_hidden: an earlier release or
    a zero gives it away, and no suppression now can help), both restricted; `public_status` and VALUES, empty where suppressed.

    Raises ValueError for an unknown policy, indicator or period, figures that are not unique, and groups that are crossed.
    """
    known = indicators.set_index("indicator_id")
    strange = sorted(set(figures["indicator_id"]) - set(known.index))
    if strange:
        raise ValueError(f"No definition of {', '.join(strange[:5])}. Are they in dim_indicator?")
    if figures.duplicated(KEY).any():
        raise ValueError(f"Figures are not unique by {', '.join(KEY)}.")
    frame = decisions.Frame.of(areas, periods)
    figures = figures.reset_index(drop=True).assign(_index=figures.index)
    answers = [
        _indicator(some, known.loc[name], name, frame, periods, earlier, baseline_period)
        for name, some in figures.groupby("indicator_id", sort=True)
    ]
    if not answers:
        return pd.DataFrame(columns=[*KEY, *RESTRICTED, "public_status", *VALUES])
    answer = pd.concat(answers).sort_index()
    return answer.set_axis(figures["_index"].rename(None))


def _indicator(figures, indicator, name, frame, periods, earlier, baseline_period) -> pd.DataFrame:
    policy = policies.of_indicator(indicator["suppression_policy"])
    is_figure = figures["count"].notna()
    counted = figures.loc[is_figure, [*KEY, "count", "denominator"]].astype({"count": float, "denominator": float})
    decided = pd.DataFrame({"decision": NO_FIGURE, "reason": ""}, index=figures.index)
    if policy.is_control and is_figure.any():
        memory = None if earlier is None else earlier[earlier["indicator_id"] == name]
        memory = None if memory is None or memory.empty else memory.astype({"count": float, "denominator": float})
        decided.update(decisions.of_indicator(counted, policy, indicator["value_type"], frame, memory))
    else:
        decided.loc[is_figure, "decision"] = PUBLISH
    is_controlled = ~figures["area_code"].isin(frame.countries).to_numpy()
    values = published(figures, decided["decision"], policy, indicator, periods, baseline_period, is_controlled)
    return pd.concat([figures[KEY], decided, values], axis=1)


def public(decided: pd.DataFrame) -> pd.DataFrame:
    """What `decide` returned as everybody may see it: without decision and reason, the status as `status`."""
    return decided.drop(columns=RESTRICTED).rename(columns={"public_status": "status"})


def remember(earlier: pd.DataFrame | None, figures: pd.DataFrame, decided: pd.DataFrame, release: str) -> pd.DataFrame:
    """What the next release must know of this one (restricted: it holds true counts), added to what it knew before.

    Returns MEMORY: `release`, KEY, the true `count` and `denominator`, and `is_published`.
    """
    now = figures[[*KEY, "count", "denominator"]].reset_index(drop=True)
    now["is_published"] = (decided["decision"] == PUBLISH).to_numpy(dtype=bool)
    now["release"] = release
    now = now.loc[now["count"].notna(), MEMORY]
    return now if earlier is None else pd.concat([earlier[MEMORY], now], ignore_index=True)


def total(values: pd.Series, status: pd.Series) -> float:
    """The sum of published values; NaN where one of them is not known, for a sum of the rest would be wrong."""
    return float(np.nan) if (status != "ok").any() else float(values.sum())
