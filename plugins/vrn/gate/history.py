"""What only a feed's own history can tell: a delivery much smaller or larger than usual, a column that went blank."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import psycopg
from psycopg import sql

from vrn.ledger.store import Submission
from vrn.stage import raw

# GEN-005: half to twice the median of the last six periods. Below this many rows a doubling is nothing unusual.
PERIODS = 6
LEAST_SHARE, MOST_SHARE = 0.5, 2.0
SMALLEST_JUDGED = 50
# GEN-007: a share of blanks that moved by more than ten percentage points.
MOST_BLANK_DRIFT = 0.10


@dataclass(frozen=True)
class BlankDrift:
    """A column whose share of blanks moved: shares now and as usual, 0 to 1."""

    entity: str
    column: str
    share: float
    usual: float


def unusual_volume(connection: psycopg.Connection, submission: Submission, rows: int) -> str | None:
    """Why a person should look at a delivery's size, or None. An empty one is always looked at."""
    if not submission.contract.has_steady_volume:
        return None
    history = _earlier(connection, submission)
    if not history:
        return None
    usual = median(row["rows_in_file"] for row in history)
    if rows == 0 or (usual >= SMALLEST_JUDGED and not LEAST_SHARE * usual <= rows <= MOST_SHARE * usual):
        return (
            f"The delivery has {rows:,} rows; the last {len(history)} periods had {usual:,.0f} (median). Approve it if that is "
            "right, or reject it and ask the supplier."
        )
    return None


def profile(connection: psycopg.Connection, submission: Submission) -> dict[str, int]:
    """Count the blanks of every stored column and keep the counts. Returns the rows of each entity."""
    rows: dict[str, int] = {}
    connection.execute("delete from ops.column_profile where submission_id = %s", [submission.submission_id])
    for entity in submission.contract.entities:
        columns = list(entity.stored)
        counted = connection.execute(
            sql.SQL("select count(*) as rows, {} from {}").format(
                sql.SQL(", ").join(sql.SQL("count({}) as {}").format(*[sql.Identifier(one)] * 2) for one in columns),
                raw.partition(entity, submission.submission_id),
            )
        ).fetchone()
        rows[entity.name] = counted["rows"]
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.column_profile values (%s, %s, %s, %s, %s)",
                [(submission.submission_id, entity.name, one, counted["rows"], counted["rows"] - counted[one]) for one in columns],
            )
    return rows


def blank_drift(connection: psycopg.Connection, submission: Submission) -> list[BlankDrift]:
    """Columns whose share of blanks is more than ten points off the median of the feed's last six periods."""
    history = [row["submission_id"] for row in _earlier(connection, submission)]
    if not history:
        return []
    rows = connection.execute(
        """
        with share as (
            select submission_id, entity, column_name, null_count::float8 / row_count as share, row_count
            from ops.column_profile
            where row_count > 0 and (submission_id = any(%(history)s) or submission_id = %(own)s)
        ),
        usual as (
            select entity, column_name, percentile_cont(0.5) within group (order by share) as usual
            from share where submission_id <> %(own)s group by entity, column_name
        )
        select own.entity, own.column_name as "column", own.share, usual.usual
        from share as own
        inner join usual using (entity, column_name)
        where own.submission_id = %(own)s and own.row_count >= %(smallest)s and abs(own.share - usual.usual) > %(most)s
        order by 1, 2
        """,
        {
            "history": history,
            "own": submission.submission_id,
            "smallest": SMALLEST_JUDGED,
            "most": MOST_BLANK_DRIFT,
        },
    ).fetchall()
    return [BlankDrift(**row) for row in rows]


def _earlier(connection: psycopg.Connection, submission: Submission) -> list[dict]:
    """What serves for the supplier's last periods before this one."""
    return connection.execute(
        "select submission_id, rows_in_file from ops.submission where feed = %s and supplier = %s and status = 'accepted' "
        "and period_start < %s order by period_start desc limit %s",
        [submission.feed, submission.supplier, submission.period.start, PERIODS],
    ).fetchall()
