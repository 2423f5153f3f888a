"""What the site says, read from the tables that are published, after disclosure control."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from vrn.report.figures.subject import COUNTY, Annotation, Area, Figure, Period, Subject, annotation

BREAKDOWNS = ("age_band", "sex", "ethnicity", "imd_quintile")
LISTS = ("period_types", "geo_levels", "breakdowns", "feeds")
NUMBERS = ("count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")


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


@dataclass(frozen=True)
class Group:
    """A figure of one group of one breakdown, such as age_band 10-17."""

    breakdown: str
    name: str
    figure: Figure


@dataclass(frozen=True)
class Item:
    """An indicator with its figures for everybody, those of groups, and all rows for its download."""

    subject: Subject
    groups: tuple[Group, ...]
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Published:
    """All that the site is made of; release: the one whose figures are shown, None before the first."""

    release: Release | None
    releases: tuple[Release, ...] = ()
    areas: tuple[Area, ...] = ()
    items: Iterable[Item] = ()
    feeds: tuple[Mapping[str, Any], ...] = ()
    deliveries: tuple[Mapping[str, Any], ...] = ()


def read(connection: psycopg.Connection) -> Published:
    """Everything as it was at one moment, also while a new release is being published. The items come one at a time."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    if not (_exists(connection, "publish.release") and _exists(connection, "publish.indicator_value")):
        return Published(None)
    releases = tuple(Release(**row) for row in connection.execute(RELEASES))
    shown = {row["release_id"] for row in connection.execute(SHOWN)}
    release = next((release for release in releases if release.release_id in shown), None)
    if release is None:
        return Published(None, releases)
    areas = tuple(_area(row) for row in connection.execute(AREAS))
    return Published(
        release=release,
        releases=releases,
        areas=areas,
        items=_items(connection, release, areas),
        feeds=tuple(connection.execute(FEEDS)),
        deliveries=tuple(connection.execute(DELIVERIES)),
    )


def item(
    meta: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    areas: Mapping[str, Area],
    periods: Mapping[str, Period],
    *,
    is_synthetic: bool,
    annotations: tuple[Annotation, ...] = (),
) -> Item:
    """An indicator of its row of publish.indicator and its rows of publish.indicator_value."""
    kept = tuple(_without_hidden(row) for row in rows)
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
    return Item(subject, tuple(groups), kept)


def _items(connection: psycopg.Connection, release: Release, areas: tuple[Area, ...]) -> Iterator[Item]:
    by_code = {area.area_code: area for area in areas}
    periods = {row["period_id"]: Period(**row) for row in connection.execute(PERIODS)}
    annotated = _exists(connection, "publish.indicator_annotation")
    for meta in connection.execute(INDICATORS).fetchall():
        key = {"id": meta["indicator_id"], "release": release.release_id}
        yield item(
            meta,
            connection.execute(VALUES, key),
            by_code,
            periods,
            is_synthetic=release.is_synthetic,
            annotations=tuple(annotation(row) for row in connection.execute(ANNOTATIONS, key)) if annotated else (),
        )


def _without_hidden(row: Mapping[str, Any]) -> dict[str, Any]:
    """A hidden figure has no number, whatever came with it; and one that nobody decided to publish is hidden."""
    is_hidden = row["status"] == "suppressed" or (row["status"] == "ok" and row["value"] is None)
    return dict(row) | ({"status": "suppressed", **dict.fromkeys(NUMBERS)} if is_hidden else {})


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
        is_synthetic=is_synthetic,
    )


def _area(row: Mapping[str, Any]) -> Area:
    """A unitary authority is a district and an upper-tier authority."""
    levels = (row["area_type"], *(["upper_tier"] if row["area_type"] == "district" and row["is_upper_tier"] else []))
    return Area(row["area_code"], row["area_name"], levels, row["sort_order"])


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _exists(connection: psycopg.Connection, table: str) -> bool:
    return connection.execute("select to_regclass(%s) is not null as found", [table]).fetchone()["found"]


RELEASES = """
    select
        release_id, released_at at time zone 'Europe/London' as released_at, previous_release_id, git_revision, note,
        submission_count, indicator_count,
        coalesce(is_synthetic, false) as is_synthetic, as_of
    from publish.release
    order by released_at desc, release_id desc
"""

SHOWN = "select distinct release_id from publish.indicator_value where release_id is not null"

AREAS = """
    select area_code, area_name, area_type, sort_order, coalesce(upper_tier_code = area_code, false) as is_upper_tier
    from publish.area
    order by sort_order, area_code
"""

PERIODS = "select period_id, period_type, period_label, start_on, end_on from publish.period"

INDICATORS = "select * from publish.indicator order by indicator_id"

VALUES = """
    select
        figure.indicator_id, figure.area_code, area.area_name, figure.period_id, period.period_label, figure.sex,
        figure.age_band, figure.ethnicity, figure.imd_quintile, figure.count, figure.denominator, figure.value,
        figure.lower_ci_95, figure.upper_ci_95, figure.lower_ci_998, figure.upper_ci_998, figure.method, figure.comparison,
        figure.trend, figure.status, figure.release_id
    from publish.indicator_value as figure
    inner join publish.area as area on figure.area_code = area.area_code
    inner join publish.period as period on figure.period_id = period.period_id
    where figure.indicator_id = %(id)s and figure.release_id = %(release)s
    order by
        area.sort_order, area.area_code, period.period_type, period.end_on, figure.sex, figure.age_band, figure.ethnicity,
        figure.imd_quintile
"""

ANNOTATIONS = """
    select
        event.kind, event.starts_on, event.ends_on, event.annotation, coalesce(event.source, '') as source, event.is_verified,
        array_agg(beside.period_id) filter (where beside.is_beside_figure) as touched,
        array_agg(beside.period_id) filter (where beside.is_beside_year_earlier_change) as changed,
        array_agg(beside.period_id) filter (where beside.is_beside_trend) as trended
    from publish.indicator_annotation as event
    left join publish.figure_annotation as beside
        on event.indicator_id = beside.indicator_id and event.annotation_id = beside.annotation_id
    where event.indicator_id = %(id)s
    group by event.annotation_id, event.kind, event.starts_on, event.ends_on, event.annotation, event.source, event.is_verified
    order by event.starts_on, event.annotation
"""

FEEDS = "select * from publish.feed_status order by feed_name, feed, supplier_name, supplier"

DELIVERIES = """
    select
        feed, supplier, count(*) filter (where status = 'accepted') as deliveries,
        sum(rows_in_file) as rows_in_file, sum(rows_accepted) as rows_accepted, sum(rows_quarantined) as rows_quarantined,
        sum(rows_duplicate) as rows_duplicate, sum(rows_warned) as rows_warned, bool_and(is_exact) as is_exact,
        mode() within group (order by rows_band) as rows_band, min(accepted_share) as least_share
    from publish.data_quality
    where status = 'accepted'
    group by feed, supplier
    order by feed, supplier
"""
