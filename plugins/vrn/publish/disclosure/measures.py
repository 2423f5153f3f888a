"""The counts that a published figure gives away: more than its own, for who reads a percentage and its denominator has the rest.

- every figure: `count`;
- a proportion: `group` (its denominator) and `complement` (those of the group that were not counted);
- a mean: `group`, those over whom it is;
- a ratio between ethnic groups: `reference`, the count of White people, on which its denominator rests.

All are additive over areas and periods where `count` is. A rate's denominator is a public population and gives nothing away.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vrn.publish.disclosure.policies import DIMENSIONS


def of_figures(figures: pd.DataFrame, value_type: str) -> dict[str, np.ndarray]:
    """The measures of one indicator's figures, each an array in the order of the rows; NaN where there is none.

    figures: `count` and `denominator` as floats, and the keys.
    """
    count = figures["count"].to_numpy(dtype=float)
    group = figures["denominator"].to_numpy(dtype=float)
    if value_type == "proportion":
        # Numerators above the denominator are errors of the figure, not of its disclosure: nothing is left over.
        return {"count": count, "complement": np.maximum(group - count, 0), "group": group}
    if value_type == "mean":
        return {"count": count, "group": group}
    if value_type == "ratio":
        return {"count": count, "reference": _reference(figures)}
    return {"count": count}


def are_signed(counts: np.ndarray) -> bool:
    """Whether these are sums that may be below zero or no whole numbers, such as differences of means: not counts of anybody."""
    known = counts[~np.isnan(counts)]
    return bool(((known < 0) | (known != np.floor(known))).any())


def _reference(figures: pd.DataFrame) -> np.ndarray:
    """The count of White people behind each total of a ratio: its denominator is that count, times minority over White residents.

    The residents are the denominators of the area's own groups; both stand in the figures of the years.
    """
    alone = (figures[[name for name in DIMENSIONS if name != "ethnicity"]] == "all").all(axis=1)
    residents = (
        figures[alone & figures["ethnicity"].isin(["white", "ethnic_minority"])]
        .pivot_table(index="area_code", columns="ethnicity", values="denominator", aggfunc="max")
        .reindex(columns=["white", "ethnic_minority"])
    )
    factor = (residents["white"] / residents["ethnic_minority"]).reindex(figures["area_code"]).to_numpy()
    reference = np.round(figures["denominator"].to_numpy(dtype=float) * factor)
    return np.where(alone & (figures["ethnicity"] == "all"), reference, np.nan)


def rests_on_unknown(figures: pd.DataFrame, measures: dict[str, np.ndarray], value_type: str) -> np.ndarray:
    """Totals of a ratio whose White count cannot be worked out here: nobody can say that it is large enough."""
    is_total = (figures[DIMENSIONS] == "all").all(axis=1).to_numpy()
    if value_type != "ratio":
        return np.zeros(len(figures), dtype=bool)
    return is_total & np.isnan(measures["reference"]) & figures["denominator"].notna().to_numpy()
