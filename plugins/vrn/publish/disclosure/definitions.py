"""What figures are about: indicators, areas and periods, as one release defined them, and how several releases did together.

A reader who has an earlier release knows what added up in it, whatever became of its indicators and areas since. So what they say
is asked of the counts of every release: a relation is used where the counts bear it out, whoever said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from vrn.publish.disclosure import related
from vrn.publish.disclosure.related import Sentence


class Definitions(NamedTuple):
    """marts.dim_indicator, dim_area and dim_period (lists for the arrays), of one time."""

    indicators: pd.DataFrame
    areas: pd.DataFrame
    periods: pd.DataFrame


def indicators(every: Sequence[Definitions]) -> pd.DataFrame:
    """Each indicator by its id, as the first that has it defines it."""
    return _first((one.indicators for one in every), "indicator_id").set_index("indicator_id")


def areas(every: Sequence[Definitions]) -> pd.DataFrame:
    """Each area as the first that has it defines it."""
    return _first((one.areas for one in every), "area_code")


def periods(every: Sequence[Definitions]) -> pd.DataFrame:
    """Each period as the first that has it defines it."""
    return _first((one.periods for one in every), "period_id")


def sentences(every: Sequence[Definitions]) -> list[Sentence]:
    """What each says of how counts add up, once. every: those of this release first. Raises ValueError for what is no sentence."""
    found = [
        replace(sentence, is_former=number > 0)
        for number, one in enumerate(every)
        for sentence in related.read_all(_adds_up(one.indicators))
    ]
    return list(dict.fromkeys(found))


def _adds_up(defined: pd.DataFrame) -> dict:
    return dict(zip(defined["indicator_id"], defined["adds_up"], strict=True)) if "adds_up" in defined else {}


def _first(frames: Iterable[pd.DataFrame], code: str) -> pd.DataFrame:
    return pd.concat(list(frames), ignore_index=True).drop_duplicates(code, ignore_index=True)
