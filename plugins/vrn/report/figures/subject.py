"""An indicator as pages know it: its figures by area and period, and what has to be known beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

# The fourteen districts together, and the police force, whose total knows of events without a place too.
COUNTY, FORCE, ENGLAND = "LANCS-14", "E23000003", "E92000001"
# The widest first. Events without a place and England are neither.
WIDEST = ("county_14", "police_force", "upper_tier", "police_division", "district", "hospital_site")
COMPARED = ("district", "upper_tier", "police_division", "hospital_site")


@dataclass(frozen=True)
class Area:
    area_code: str
    area_name: str
    area_levels: tuple[str, ...]
    sort_order: int


@dataclass(frozen=True)
class Period:
    period_id: str
    period_type: str
    period_label: str
    start_on: date
    end_on: date


@dataclass(frozen=True)
class Figure:
    """A figure, or why there is none: a row of fct_indicator_value or of publish.indicator_value."""

    area: Area
    period: Period
    status: str
    count: float | None = None
    denominator: float | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    comparison: str = "not_compared"
    trend: str | None = None
    change_percent: float | None = None
    is_change_significant: bool | None = None
    # Of publish: the figure of a year earlier, and how this one compares with it.
    earlier_value: float | None = None
    change_comparison: str = "not_compared"
    # Of publish: how it compares with England's.
    england_comparison: str = "not_compared"
    # Of a hidden figure, the least and the most that its count can be, where that may be told.
    hidden_range: tuple[int, int] | None = None
    is_synthetic: bool = False
    lower_998: float | None = None
    upper_998: float | None = None


@dataclass(frozen=True)
class Limits:
    """A month of the control chart; is_provisional: a further month may move the limits."""

    centre: float | None
    lower: float | None
    upper: float | None
    signal: str | None
    phase: int
    is_provisional: bool = False


@dataclass(frozen=True)
class Annotation:
    """An event to know, with the periods in which it stands beside what is shown of the indicator.

    touched: beside the figure. changed: beside the change since a year earlier. trended: beside the recent trend.
    """

    kind: str
    starts_on: date
    ends_on: date | None
    annotation: str
    source: str
    is_verified: bool
    touched: frozenset[str]
    changed: frozenset[str] = frozenset()
    trended: frozenset[str] = frozenset()

    @property
    def divides(self) -> bool:
        """Whether what lies on its two sides is not alike."""
        return self.kind != "context"


def annotation(row: Mapping[str, Any]) -> Annotation:
    """An event of a row with its fields; periods are arrays, NULL where there are none."""
    return Annotation(**{**row, **{name: frozenset(row[name] or ()) for name in ("touched", "changed", "trended")}})


@dataclass(frozen=True)
class Delivery:
    """The deliveries of one supplier that today's figures rest on."""

    feed: str
    supplier: str
    submissions: int
    latest_on: date


@dataclass(frozen=True)
class Subject:
    """An indicator and what its page is made of. meta: its row of dim_indicator or of publish.indicator.

    figures: those of all ages, sexes, ethnic groups and quintiles.
    """

    meta: Mapping[str, Any]
    figures: tuple[Figure, ...] = ()
    limits: Mapping[tuple[str, str], Limits] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    status_counts: Mapping[str, int] = field(default_factory=dict)
    comparator_name: str | None = None
    # Whether any figure of the indicator is made up, those that the page does not show among them.
    is_synthetic: bool = False

    @property
    def indicator_id(self) -> str:
        return self.meta["indicator_id"]

    @property
    def widest_level(self) -> str | None:
        return next((level for level in WIDEST if level in self.meta["geo_levels"]), None)

    @property
    def is_count(self) -> bool:
        """Whether it is a bare count, which says nothing beside the total that it is part of, nor beside that of another area."""
        return self.meta["value_type"] == "count"

    @property
    def compared_level(self) -> str | None:
        return next((level for level in COMPARED if level in self.meta["geo_levels"]), None)
