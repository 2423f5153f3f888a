"""Disclosure control: which figures of marts.fct_indicator_value may be published, and their values as they may be.

    decided = decide(figures, indicators, areas, periods, earlier)      # one row per figure, restricted: it says why

A figure is published, suppressed because it is small (primary), or suppressed because another could be worked out from it
(secondary). Readers of publish see one status for both, `suppressed`: who could tell them apart would know that a primary one is
1 to 4.
Pure and deterministic: the same figures in any order give the same answer. The rules are those of DOMAIN 5.4; policies.py has
the primary ones, constraints.py what adds up to what, ties.py what counts of several indicators say of each other, secondary.py
what is suppressed for another's sake, publish.py the values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vrn.publish.disclosure import decisions, definitions, policies, related
from vrn.publish.disclosure.decisions import NO_FIGURE, PUBLISH
from vrn.publish.disclosure.definitions import Definitions, sentences
from vrn.publish.disclosure.policies import DIMENSIONS
from vrn.publish.disclosure.publish import VALUES, published
from vrn.publish.disclosure.tables import KEY, Frame, Table, table_of
from vrn.publish.disclosure.workers import Tell

__all__ = ["KEY", "MEMORY", "RANGE", "VALUES", "Definitions", "decide", "sentences"]

RESTRICTED = ["decision", "reason"]
# What may be printed in the place of a hidden count.
RANGE = ["at_least", "at_most"]
# What releases leave behind for the next (vrn.publish.release keeps it): restricted, for it holds true counts.
MEMORY = ["release", *KEY, "count", "denominator", "is_published"]


def decide(
    figures: pd.DataFrame,
    indicators: pd.DataFrame,
    areas: pd.DataFrame,
    periods: pd.DataFrame,
    earlier: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
    printed: pd.DataFrame | None = None,
    *,
    former: Sequence[Definitions] = (),
    tell: Tell = lambda _: None,
) -> pd.DataFrame:
    """Decides for every figure whether it may be published, and gives its values as they may be.

    figures: rows of marts.fct_indicator_value (any order, unique by KEY): KEY, `count` and `denominator` in events or persons,
      `value` in the indicator's unit, and any other columns of VALUES. A row without a count is no figure.
    indicators, areas, periods: marts.dim_indicator, dim_area, dim_period (lists for the arrays).
    earlier: MEMORY of every figure of every earlier release, or None. Figures suppressed then stay suppressed until they count 10;
      values published then are known, so nothing can be hidden behind them.
    known: `partner`, `indicator_id`, `area_code` of the counts that a partner knows because it sent what they are made of; none of
      the others may be told by subtracting them.
    printed: `indicator_id`, `area_code`, `period_id`, `count` of totals that others have published. A figure that counts the same
      is public: it need not be hidden, and hides nothing. One that counts otherwise is another count, of which they tell nothing.
    former: what earlier releases defined otherwise, the latest first: what was theirs and is no more still adds up to what they
      told.
    tell: is told, again and again, which share of the figures is decided.

    Returns, with the index and order of `figures`, but none of those that have no place (they are told as part of the force): KEY;
    `decision` (publish, suppressed_primary, suppressed_secondary, no_figure) and `reason` (small, complement, suppressed_before,
    derived from a suppressed one, or cannot_be_hidden: an earlier release or a zero gives it away, and no suppression now can
    help), both restricted; RANGE of a suppressed count, where its policy and the sums allow; VALUES (those that `figures` has),
    which are empty where suppressed.

    Raises ValueError for an unknown policy, indicator or period, figures that are not unique, and groups that are crossed.
    """
    strange = sorted(set(figures["indicator_id"]) - set(indicators["indicator_id"]))
    if strange:
        raise ValueError(f"No definition of {', '.join(strange[:5])}. Are they in dim_indicator?")
    if figures.duplicated(KEY).any():
        raise ValueError(f"Figures are not unique by {', '.join(KEY)}.")
    every = [Definitions(indicators, areas, periods), *former]
    frame, defined = Frame.of(every), definitions.indicators(every)
    figures = figures.assign(_index=figures.index)
    figures = figures[~figures["area_code"].isin(frame.unplaced)].reset_index(drop=True)
    is_printed = _printed(figures, printed, periods)
    decided = _decided(figures, defined, definitions.sentences(every), frame, earlier, _by_partner(known), is_printed, tell)
    answers = [
        _answer(some, decided.loc[some.index], defined.loc[name], frame, periods)
        for name, some in figures.groupby("indicator_id", sort=True)
    ]
    if not answers:
        return pd.DataFrame(columns=[*KEY, *RESTRICTED, *RANGE, *VALUES])
    answer = pd.concat(answers).sort_index()
    return answer.set_axis(figures["_index"].rename(None))


def _by_partner(known: pd.DataFrame | None) -> decisions.Known:
    if known is None:
        return {}
    return {
        partner: frozenset(zip(own["indicator_id"], own["area_code"], strict=True)) for partner, own in known.groupby("partner")
    }


def _printed(figures: pd.DataFrame, printed: pd.DataFrame | None, periods: pd.DataFrame) -> pd.Series:
    """Which figures count what others have published, under this period's name or another of the same days: a financial year is
    the twelve months to March."""
    if printed is None or printed.empty:
        return pd.Series(False, index=figures.index)
    days = periods.set_index("period_id")[["start_on", "end_on"]]

    def counted(some: pd.DataFrame) -> pd.MultiIndex:
        counts = some[["indicator_id", "area_code", "count"]].astype({"count": float})
        return pd.MultiIndex.from_frame(counts.join(days.reindex(some["period_id"]).set_axis(some.index)))

    is_total = (figures[DIMENSIONS] == "all").all(axis=1)
    return is_total & counted(figures).isin(counted(printed[printed["period_id"].isin(days.index)]))


def _decided(
    figures: pd.DataFrame,
    defined: pd.DataFrame,
    sentences: list[related.Sentence],
    frame: Frame,
    earlier: pd.DataFrame | None,
    known: decisions.Known,
    is_printed: pd.Series,
    tell: Tell,
) -> pd.DataFrame:
    """`decision`, `reason` and RANGE of every figure: of indicators whose counts add up together, of all others each for itself.

    An indicator without a figure now is with those that it added up with while it had some.
    """
    is_figure = figures["count"].notna()
    decided = pd.DataFrame({"decision": np.where(is_figure, PUBLISH, NO_FIGURE), "reason": ""}, index=figures.index)
    decided[RANGE] = np.nan
    counted = figures.loc[is_figure, [*KEY, "count", "denominator"]].astype({"count": float, "denominator": float})
    counted["is_printed"] = is_printed[is_figure]
    groups: list[decisions.Group] = []
    some = dict(list(counted.groupby("indicator_id")))
    remembered = set() if earlier is None else set(earlier["indicator_id"]) & set(defined.index)
    for names in related.components(sorted(some.keys() | remembered), sentences):
        if not some.keys() & set(names):
            continue
        group = [_table(name, some.get(name, counted.iloc[:0]), defined.loc[name], frame, earlier) for name in names]
        if any(table.policy.is_control for table in group):
            groups.append((group, [one for one in sentences if one.said_by in names]))
    for answer in decisions.of_groups(groups, frame, known, tell):
        # Not `update`, which looks at the figures of all indicators for each of them.
        decided.loc[answer.index, answer.columns] = answer
    return decided


def _table(name: str, figures: pd.DataFrame, indicator: pd.Series, frame: Frame, earlier: pd.DataFrame | None) -> Table:
    memory = None if earlier is None else earlier[earlier["indicator_id"] == name]
    memory = None if memory is None or memory.empty else memory.astype({"count": float, "denominator": float})
    policy = policies.of_indicator(indicator["suppression_policy"])
    return table_of(name, figures, policy, indicator["value_type"], frame, memory)


def _answer(figures, decided, indicator, frame: Frame, periods) -> pd.DataFrame:
    is_controlled = ~figures["area_code"].isin(frame.countries).to_numpy()
    policy = policies.of_indicator(indicator["suppression_policy"])
    values = published(figures, decided["decision"], policy, indicator, periods, is_controlled)
    return pd.concat([figures[KEY], decided, values], axis=1)
