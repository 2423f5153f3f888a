"""What the site says, read from the tables that are published, after disclosure control."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg

from vrn.report.figures.charts.outlines import Ring
from vrn.report.figures.subject import COUNTY, ENGLAND, FORCE, Annotation, Area, Figure, Period, Subject, annotation
from vrn.report.site import queries

BREAKDOWNS = ("age_band", "sex", "ethnicity", "imd_quintile")
LISTS = ("period_types", "geo_levels", "breakdowns", "feeds")
# In what two districts are alike, in the order of the page.
ALIKE = ("imd_score", "under_25_percent", "people_per_km2", "minority_percent")
AREA_OF_ENGLAND = Area(ENGLAND, "England", ("country",), 99)
NUMBERS = (
    "count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998", "england_value",
    "year_earlier_value", "year_earlier_change_percent",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    release_id: str
    released_at: datetime
    previous_release_id: str | None
    git_revision: str
    note: str
    submission_count: int | None
    indicator_count: int | None
    is_synthetic: bool
    # The day on which the home lived; None of a release of before it was kept.
    as_of: date | None = None
    # What differs from the release before, by name; None where nothing does.
    indicators_new: str | None = None
    indicators_gone: str | None = None
    areas_new: str | None = None
    areas_gone: str | None = None
    names_changed: str | None = None
    deliveries_changed: str | None = None


@dataclass(frozen=True)
class Group:
    """A figure of one group of one breakdown, such as age_band 10-17."""

    breakdown: str
    name: str
    figure: Figure


@dataclass(frozen=True)
class Worse:
    """That an area's latest figure is worse than the county's or England's, or is getting worse, or both."""

    indicator_id: str
    area_code: str
    area_name: str
    is_worse: bool
    is_worsening: bool


@dataclass(frozen=True)
class Item:
    """An indicator with its figures for everybody, those of groups, all rows for its download, and where it is worse."""

    subject: Subject
    groups: tuple[Group, ...]
    rows: tuple[Mapping[str, Any], ...]
    worse: tuple[Worse, ...] = ()
    # England's figures, where publish has any to compare with, and the areas beside which it has them.
    england: tuple[Figure, ...] = ()
    compared_with_england: frozenset[str] = frozenset()
    # Whether all the feeds that it is made of are published under the Open Government Licence.
    is_open: bool = False

    def england_beside(self, area: Area) -> tuple[Figure, ...]:
        """England's figures that may stand beside an area's: crimes without a place count in England and in the force alone."""
        return () if self.compared_with_england == {FORCE} and area.area_code != FORCE else self.england


@dataclass(frozen=True)
class Similar:
    """A district of England that is most like one of Lancashire's. distance: in standard deviations.

    own, figures: in what the two are alike, by the columns of publish.similar_area; empty of a release that did not keep them.
    """

    area_code: str
    name: str
    distance: float
    own: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """All that the site is made of; release: the one whose figures are shown, None before the first."""

    release: Release | None
    releases: tuple[Release, ...] = ()
    areas: tuple[Area, ...] = ()
    items: Iterable[Item] = ()
    feeds: tuple[Mapping[str, Any], ...] = ()
    deliveries: tuple[Mapping[str, Any], ...] = ()
    similar: tuple[Similar, ...] = ()
    # The districts' by their codes; empty where publish has none.
    outlines: Mapping[str, tuple[Ring, ...]] = field(default_factory=dict)


def read(connection: psycopg.Connection) -> Published:
    """Everything as it was at one moment, also while a new release is being published. The items come one at a time."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    if not (_exists(connection, "publish.release") and _exists(connection, "publish.indicator_value")):
        return Published(None)
    releases = tuple(Release(**row) for row in connection.execute(queries.RELEASES))
    shown = {row["release_id"] for row in connection.execute(queries.SHOWN)}
    release = next((release for release in releases if release.release_id in shown), None)
    if release is None:
        return Published(None, releases)
    found = connection.execute(queries.AREAS).fetchall()
    areas = tuple(map(_area, found))
    feeds = tuple(connection.execute(queries.FEEDS))
    return Published(
        release=release,
        releases=releases,
        areas=areas,
        items=_items(connection, release, areas, {row["feed"] for row in feeds if row["is_open"]}),
        feeds=feeds,
        deliveries=tuple(connection.execute(queries.DELIVERIES)),
        outlines={row["area_code"]: rings(row["boundary_geojson"]) for row in found if row["boundary_geojson"]},
        similar=tuple(
            _similar(row) for row in (connection.execute(queries.SIMILAR) if _exists(connection, "publish.similar_area") else ())
        ),
    )


def item(
    meta: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    areas: Mapping[str, Area],
    periods: Mapping[str, Period],
    *,
    is_synthetic: bool,
    annotations: tuple[Annotation, ...] = (),
    worse: tuple[Worse, ...] = (),
    open_feeds: Collection[str] = (),
) -> Item:
    """An indicator of its row of publish.indicator and its rows of publish.indicator_value."""
    kept = tuple(_without_hidden(row) | {"period_interval": _interval(periods[row["period_id"]])} for row in rows)
    figures, groups = [], []
    for row in kept:
        figure = _figure(row, areas[row["area_code"]], periods[row["period_id"]], is_synthetic)
        split = [name for name in BREAKDOWNS if row[name] != "all"]
        if not split:
            figures.append(figure)
        elif len(split) == 1:
            groups.append(Group(split[0], row[split[0]], figure))
    known = dict(meta) | {name: _listed(meta[name]) for name in LISTS} | {"comparator_default": COUNTY}
    subject = Subject(known, tuple(figures), annotations=annotations, is_synthetic=is_synthetic)
    # England's value stands beside each area's that is compared with it, the same beside all.
    england = {row["period_id"]: float(row["england_value"]) for row in kept if row["england_value"] is not None}
    of_england = tuple(Figure(AREA_OF_ENGLAND, periods[name], "ok", value=value) for name, value in england.items())
    beside = frozenset(row["area_code"] for row in kept if row["england_value"] is not None)
    is_open = set(known["feeds"]) <= set(open_feeds)
    return Item(subject, tuple(groups), kept, worse, of_england, beside, is_open)


def _items(
    connection: psycopg.Connection, release: Release, areas: tuple[Area, ...], open_feeds: Collection[str]
) -> Iterator[Item]:
    by_code = {area.area_code: area for area in areas}
    periods = {row["period_id"]: Period(**row) for row in connection.execute(queries.PERIODS)}
    annotated = _exists(connection, "publish.indicator_annotation")
    worse = defaultdict(list)
    if _exists(connection, "publish.worse_and_worsening"):
        for row in connection.execute(queries.WORSE):
            worse[row["indicator_id"]].append(Worse(**row))
    for meta in connection.execute(queries.INDICATORS).fetchall():
        key = {"id": meta["indicator_id"], "release": release.release_id}
        yield item(
            meta,
            connection.execute(queries.VALUES, key),
            by_code,
            periods,
            is_synthetic=release.is_synthetic,
            annotations=tuple(annotation(row) for row in connection.execute(queries.ANNOTATIONS, key)) if annotated else (),
            worse=tuple(worse[meta["indicator_id"]]),
            open_feeds=open_feeds,
        )


def _without_hidden(row: Mapping[str, Any]) -> dict[str, Any]:
    """A hidden figure has no number, whatever came with it; and one that nobody decided to publish is hidden."""
    is_hidden = row["status"] == "suppressed" or (row["status"] == "ok" and row["value"] is None)
    return dict(row) | ({"status": "suppressed", **dict.fromkeys(NUMBERS)} if is_hidden else {})


def _interval(period: Period) -> str:
    """Its first and last day, as ISO 8601 has them."""
    return f"{period.start_on.isoformat()}/{period.end_on.isoformat()}"


def _figure(row: Mapping[str, Any], area: Area, period: Period, is_synthetic: bool) -> Figure:
    def number(name: str) -> float | None:
        return None if row[name] is None else float(row[name])

    return Figure(
        area=area,
        period=period,
        status=row["status"],
        count=number("count"),
        denominator=number("denominator"),
        value=number("value"),
        lower=number("lower_ci_95"),
        upper=number("upper_ci_95"),
        lower_998=number("lower_ci_998"),
        upper_998=number("upper_ci_998"),
        comparison=row["comparison"] or "not_compared",
        trend=row["trend"],
        hidden_range=None if row["hidden_at_most"] is None else (row["hidden_at_least"], row["hidden_at_most"]),
        change_percent=number("year_earlier_change_percent"),
        earlier_value=number("year_earlier_value"),
        change_comparison=row["comparison_year_earlier"] or "not_compared",
        england_comparison=row["comparison_england"] or "not_compared",
        is_synthetic=is_synthetic,
    )


def _area(row: Mapping[str, Any]) -> Area:
    """A unitary authority is a district and an upper-tier authority."""
    levels = (row["area_type"], *(["upper_tier"] if row["area_type"] == "district" and row["is_upper_tier"] else []))
    return Area(row["area_code"], row["area_name"], levels, row["sort_order"])


def _similar(row: Mapping[str, Any]) -> Similar:
    own, figures = (
        {name: float(row[prefix + name]) for name in ALIKE if row[prefix + name] is not None} for prefix in ("", "similar_")
    )
    return Similar(row["area_code"], row["similar_area_name"], float(row["distance"]), own, figures)


def rings(geojson: str) -> tuple[Ring, ...]:
    """The outer rings of a polygon, or of each of several: points of longitude and latitude."""
    shape = json.loads(geojson)
    polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
    return tuple(tuple((point[0], point[1]) for point in polygon[0]) for polygon in polygons)


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _exists(connection: psycopg.Connection, table: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null as found", [table]).fetchone()["found"]
