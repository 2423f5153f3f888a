"""The table at the end of `make run`: the latest figure of each indicator of violence for the county, and how far the rest is."""

from __future__ import annotations

from datetime import datetime

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from vrn.accept import held
from vrn.ledger import day
from vrn.report.figures import numbers
from vrn.report.figures.numbers import grouped
from vrn.report.figures.subject import COUNTY, FORCE
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

HEADLINES = """
with latest as (
    select distinct on (value.indicator_id) value.*, period.period_label, period.period_type
    from marts.fct_indicator_value as value
    inner join marts.dim_period as period on value.period_id = period.period_id
    where value.area_code = %(area)s and (sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')
    order by
        value.indicator_id,
        (value.status = 'ok') desc,
        array_position(
            array['rolling_12_months', 'financial_year', 'three_financial_years', 'quarter', 'month'], period.period_type
        ),
        period.end_on desc
)
select indicator.indicator_id, indicator.short_name, indicator.unit, area.area_name, latest.*
from latest
inner join marts.dim_area as area on latest.area_code = area.area_code
inner join marts.dim_indicator as indicator on latest.indicator_id = indicator.indicator_id
where indicator.domain = 'violence'
order by indicator.indicator_id
"""
# An indicator that is given for no area of the table's: nobody would see that it is there.
NOT_OF_THE_COUNTY = """
select indicator_id, short_name, array_to_string(geo_levels, ', ') as levels
from marts.dim_indicator as indicator
where
    domain = 'violence'
    and not exists (
        select from marts.fct_indicator_value as value
        where value.indicator_id = indicator.indicator_id and value.area_code in (%(county)s, %(force)s)
    )
order by indicator_id
"""
PROGRESS = """
select
    indicator.domain,
    count(*) as indicators,
    count(*) filter (
        where exists (
            select from marts.fct_indicator_value as value
            where value.indicator_id = indicator.indicator_id and value.status = 'ok'
        )
    ) as with_figures
from marts.dim_indicator as indicator
group by indicator.domain
order by array_position(array['violence', 'risk', 'system', 'programme'], indicator.domain)
"""
OK, AWAITING, NO_DENOMINATOR = "ok", "awaiting_feed", "no_denominator"
CAPTION = "Intervals are 95 %. Every figure is a row of marts.fct_indicator_value."
NOTHING_ACCEPTED = "No indicators yet: nothing was accepted."
NOTHING_BUILT = "No indicators yet: deliveries were accepted, and no build of the outcomes has come so far."
IS_ANY_ACCEPTED = "select exists (select from ops.submission where status in ('accepted', 'superseded')) as found"
# Columns that a line of the table needs.
WIDE = 120

TIMING = """
select
    count(*) as steps,
    extract(epoch from sum(finished_at - started_at)) as work,
    extract(epoch from max(finished_at) - min(started_at)) as wall,
    (
        select extract(epoch from sum(upper(span) - lower(span)))
        from (select unnest(range_agg(tstzrange(started_at, finished_at))) as span from ops.step where started_at >= %(since)s)
    ) as busy
from ops.step
where started_at >= %(since)s
"""


def show_timing(connection: psycopg.Connection, console: Console, since: datetime) -> None:
    """Say what a run's time went on: seconds of work in all steps, and the share of its length with no step at work."""
    row = connection.execute(TIMING, {"since": since}).fetchone()
    if not row["steps"]:
        console.print("No step was done.")
        return
    steps = "1 step" if row["steps"] == 1 else f"{row['steps']} steps"
    console.print(
        f"{steps} did {row['work']:.0f} s of work in {row['wall']:.0f} s; for {1 - row['busy'] / row['wall']:.0%} of "
        "that time no step was at work (orchestration)."
    )


def show_refused(connection: psycopg.Connection, console: Console, since: datetime) -> None:
    """Name what was refused, and why."""
    refused = connection.execute(
        "select feed, file_name, status_reason from ops.submission where status = 'refused' and moved_at >= %s order by 1, 2",
        [since],
    ).fetchall()
    for row in refused:
        console.print(f"REFUSED {row['feed']} {row['file_name']}: {row['status_reason']}", markup=False)


def show_held(settings: Settings, connection: psycopg.Connection, console: Console) -> None:
    """Name what waits for a person, and what a person may do about it."""
    rows = connection.execute(
        "select submission_id, feed, file_name, hold_reason from ops.submission where status = 'held' order by 2, 3"
    ).fetchall()
    ways = held.ways(connection, settings, [row["submission_id"] for row in rows])
    for row in rows:
        console.print(
            f"HELD {row['feed']} {row['file_name']} (submission {row['submission_id']}): {row['hold_reason']} Decide in "
            f"Airflow, under Required actions, or here: {ways[row['submission_id']]}",
            markup=False,
        )


def first(settings: Settings) -> str | None:
    """The first headline figure that is there, as a sentence; None before a build has made one."""
    with connect(settings, OWNER) as connection:
        if not _is_built(connection):
            return None
        for row in _rows(connection):
            if row["status"] == OK:
                return (
                    f"first figure: {row['indicator_id']} {row['short_name']}, {row['area_name']}, {row['period_label']}: "
                    f"{_number(row['value'])} {row['unit']}{' (synthetic)' if row['is_synthetic'] else ''}"
                )
    return None


def _is_built(connection: psycopg.Connection) -> bool:
    return connection.execute("select to_regclass('marts.fct_indicator_value') as found").fetchone()["found"] is not None


def _rows(connection: psycopg.Connection) -> list[dict]:
    """The latest figure of each indicator of violence."""
    rows = connection.execute(HEADLINES, {"area": COUNTY}).fetchall()
    # Where too few rows have a place, the districts cannot be added up; the force's own total still can.
    force = {row["indicator_id"]: row for row in connection.execute(HEADLINES, {"area": FORCE}).fetchall()}
    return [row if row["status"] == OK else force.get(row["indicator_id"], row) for row in rows]


def show(settings: Settings, connection: psycopg.Connection, console: Console) -> None:
    """Print the headline indicators, those with a figure first; says "synthetic" when they are."""
    if not _is_built(connection):
        console.print(NOTHING_BUILT if connection.execute(IS_ANY_ACCEPTED).fetchone()["found"] else NOTHING_ACCEPTED)
        return
    # In their order, but those with a figure before those without.
    rows = sorted(_rows(connection), key=lambda row: row["status"] != OK)
    synthetic = any(row["is_synthetic"] for row in rows)
    lives_on = numbers.day(day.of_home(settings, connection))
    title = "Violence in Lancashire" + (f" — SYNTHETIC, made up for trying things, as on {lives_on}" if synthetic else "")
    if came := [row for row in rows if row["status"] != AWAITING]:
        console.print(_table(title, came, is_wide=console.width >= WIDE))
    if waiting := [f"{row['indicator_id']} {row['short_name']}" for row in rows if row["status"] == AWAITING]:
        console.print(f"No delivery yet for: {'; '.join(waiting)}.")
    absent = connection.execute(NOT_OF_THE_COUNTY, {"county": COUNTY, "force": FORCE}).fetchall()
    for row in absent:
        console.print(
            f"Not in this table, because it has no figure of the county: {row['indicator_id']} {row['short_name']} (its geo_levels "
            f"are {row['levels']}; county_14 is the county).",
            markup=False,
        )
    progress = connection.execute(PROGRESS).fetchall()
    console.print(
        "Indicators with a figure: "
        + ", ".join(f"{row['domain']} {row['with_figures']} of {row['indicators']}" for row in progress)
    )


def _table(title: str, rows: list[dict], *, is_wide: bool) -> Table:
    """A row an indicator; where there is neither figure nor count, the status stands in the place of the period.

    On a narrow screen the unit stands below the name, and the interval below the value.
    """
    table = Table(title=title, caption=CAPTION, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title_style="bold")
    for heading in ("", "Indicator", "Period"):
        table.add_column(heading)
    for heading in ("Count", "Value", "95 % interval") if is_wide else ("Count", "Value, interval"):
        table.add_column(heading, justify="right")
    if is_wide:
        table.add_column("Unit")
    # Of a home in which all is made up the title says it once.
    is_mixed = len({row["is_synthetic"] for row in rows}) > 1
    for row in rows:
        is_count = row["status"] == NO_DENOMINATOR
        when = row["period_label"] if row["status"] == OK or is_count else row["status"]
        when += " (synthetic)" if is_mixed and row["is_synthetic"] else ""
        name, count = row["short_name"], "" if row["count"] is None else f"{row['count']:,}"
        value = "no denominator" if is_count else _number(row["value"])
        interval = "" if row["lower_ci_95"] is None else f"{_number(row['lower_ci_95'])} to {_number(row['upper_ci_95'])}"
        if is_wide:
            table.add_row(row["indicator_id"], name, when, count, value, interval, row["unit"])
        else:
            table.add_row(row["indicator_id"], f"{name}\n[dim]{row['unit']}[/dim]", when, count, f"{value}\n{interval}")
    return table


def _number(value: float | None) -> str:
    return "" if value is None else grouped(value, 2)
