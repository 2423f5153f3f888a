"""What the evaluators' pages say, read from the marts, before disclosure control, as the evaluators' role, which cannot write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import psycopg

from vrn.errors import VrnError
from vrn.report.figures.subject import Area, Delivery, Figure, Limits, Period, Subject, annotation


class NothingBuilt(VrnError):
    """The warehouse has no indicators yet."""


def read(connection: psycopg.Connection) -> Iterator[Subject]:
    """Every indicator, in the order of ids, one at a time; all as they were at one moment, also while dbt builds anew."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        indicators = connection.execute("select * from marts.dim_indicator order by indicator_id").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise NothingBuilt("The warehouse has no indicators yet. `make run` builds them; then make the pages again.") from error
    areas = {
        row["area_code"]: Area(row["area_code"], row["area_name"], tuple(row["area_levels"]), row["sort_order"])
        for row in connection.execute("select area_code, area_name, area_levels, sort_order from marts.dim_area")
    }
    periods = {
        row["period_id"]: Period(**row)
        for row in connection.execute("select period_id, period_type, period_label, start_on, end_on from marts.dim_period")
    }
    for meta in indicators:
        yield _subject(connection, meta, areas, periods)


def _subject(connection: psycopg.Connection, meta: dict, areas: Mapping[str, Area], periods: Mapping[str, Period]) -> Subject:
    key = {"id": meta["indicator_id"]}
    drawn = Subject(meta)
    levels = {drawn.widest_level, drawn.compared_level}
    key["areas"] = [code for code, area in areas.items() if levels & set(area.area_levels)]
    comparator = areas.get(meta["comparator_default"])
    statuses = connection.execute(STATUS_COUNTS, key).fetchall()
    return Subject(
        meta=meta,
        figures=tuple(
            Figure(areas[row.pop("area_code")], periods[row.pop("period_id")], **row) for row in connection.execute(FIGURES, key)
        ),
        limits={
            (row.pop("area_code"), row.pop("period_id")): Limits(**row) for row in connection.execute(CONTROL_CHART, key).fetchall()
        },
        annotations=tuple(annotation(row) for row in connection.execute(ANNOTATIONS, key)),
        deliveries=tuple(Delivery(**row) for row in connection.execute(DELIVERIES, key)),
        status_counts={row["status"]: row["figures"] for row in statuses},
        comparator_name=comparator.area_name if comparator else None,
        is_synthetic=any(row["is_synthetic"] for row in statuses),
    )


FIGURES = """
    select
        area_code, period_id, status, count::float8, denominator::float8, value, lower_ci_95 as lower, upper_ci_95 as upper,
        coalesce(comparison, 'not_compared') as comparison, trend, year_earlier_change_percent as change_percent,
        is_year_earlier_change_significant as is_change_significant, coalesce(is_synthetic, false) as is_synthetic
    from marts.fct_indicator_value
    where
        indicator_id = %(id)s and area_code = any(%(areas)s)
        and sex = 'all' and age_band = 'all' and ethnicity = 'all' and imd_quintile = 'all'
    order by area_code, period_id
"""

STATUS_COUNTS = """
    select status, count(*) as figures, coalesce(bool_or(is_synthetic), false) as is_synthetic
    from marts.fct_indicator_value
    where indicator_id = %(id)s
    group by status
    order by status
"""

CONTROL_CHART = """
    select
        area_code, period_id, centre, lower_limit as lower, upper_limit as upper, signal, phase,
        baseline_status = 'provisional' as is_provisional
    from marts.fct_indicator_control_chart
    where indicator_id = %(id)s and area_code = any(%(areas)s)
"""

ANNOTATIONS = """
    select
        kind, starts_on, ends_on, annotation, coalesce(source, '') as source, is_verified,
        array_agg(period_id) filter (where is_beside_figure) as touched,
        array_agg(period_id) filter (where is_beside_year_earlier_change) as changed,
        array_agg(period_id) filter (where is_beside_trend) as trended
    from marts.fct_indicator_annotation
    inner join marts.dim_annotation using (annotation_id)
    where indicator_id = %(id)s
    group by annotation_id, kind, starts_on, ends_on, annotation, source, is_verified
    order by starts_on, annotation_id
"""

DELIVERIES = """
    select feed, supplier, count(distinct submission_id) as submissions, max(known_from_on) as latest_on
    from marts.fct_indicator_submission
    where indicator_id = %(id)s and is_current
    group by feed, supplier
    order by feed, supplier
"""
