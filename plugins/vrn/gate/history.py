"""What only a feed's own history can tell: a delivery much smaller or larger than usual, a column that went blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import psycopg
from psycopg import sql

from vrn.feeds.contract import Contract, Entity
from vrn.ledger import profiles
from vrn.ledger.profiles import Profile
from vrn.ledger.store import Submission
from vrn.stage import raw

# GEN-005: half to twice the median of the last six periods. Below this many rows a doubling is nothing unusual.
PERIODS = 6
LEAST_SHARE, MOST_SHARE = 0.5, 2.0
SMALLEST_JUDGED = 50
# GEN-007: a share of blanks that moved by more than ten percentage points is said, by more than thirty holds the delivery.
MOST_BLANK_DRIFT, HOLDING_BLANK_DRIFT = 0.10, 0.30


@dataclass(frozen=True)
class BlankDrift:
    """A column whose share of blanks moved: shares now and as usual, 0 to 1."""

    entity: str
    column: str
    share: float
    usual: float

    @property
    def holds(self) -> bool:
        """Whether far more is blank than usual; a column that is filled better than usual holds nothing."""
        return self.share - self.usual > HOLDING_BLANK_DRIFT


def profile(connection: psycopg.Connection, submission: Submission, contract: Contract) -> dict[str, Profile]:
    """The rows and the blanks of every stored column of each entity, as they were counted while the delivery was staged.

    They are counted here, and kept, where that was by an older version, or by a feed file of other columns.
    """
    kept = profiles.kept(connection, submission.submission_id)
    if all(entity.name in kept and kept[entity.name].blanks.keys() == entity.stored.keys() for entity in contract.entities):
        return {entity.name: kept[entity.name] for entity in contract.entities}
    counted = {entity.name: _counted(connection, submission, entity) for entity in contract.entities}
    with connection.transaction():
        profiles.keep(connection, submission.submission_id, counted)
    return counted


def _counted(connection: psycopg.Connection, submission: Submission, entity: Entity) -> Profile:
    columns = list(entity.stored)
    counted = connection.execute(
        sql.SQL("select count(*) as rows, {} from {}").format(
            sql.SQL(", ").join(sql.SQL("count({}) as {}").format(*[sql.Identifier(one)] * 2) for one in columns),
            raw.partition(entity, submission.submission_id),
        )
    ).fetchone()
    return Profile(counted["rows"], {one: counted["rows"] - counted[one] for one in columns})


def unusual_volume(connection: psycopg.Connection, submission: Submission, contract: Contract) -> str | None:
    """Why a person should look at a delivery's size, or None. An empty one is always looked at, unless nothing is an answer."""
    rows = submission.rows_in_file
    history = _earlier(connection, submission)
    if not history:
        least = contract.shares.least_rows
        if least is not None and rows < least:
            return (
                f"The delivery has {rows:,} rows; of a first delivery the feed file expects {least:,} at least. Approve it if "
                "that is right, or refuse it and ask the supplier."
            )
        return None
    if not contract.has_steady_volume:
        return None
    usual = median(row["rows_in_file"] for row in history)
    is_empty = rows == 0 and not contract.allows_nil
    if is_empty or (usual >= SMALLEST_JUDGED and not LEAST_SHARE * usual <= rows <= MOST_SHARE * usual):
        return (
            f"The delivery has {rows:,} rows; the last {len(history)} periods had {usual:,.0f} (median). Approve it if that is "
            "right, or refuse it and ask the supplier."
        )
    return None


def shrunk(connection: psycopg.Connection, submission: Submission, contract: Contract) -> str | None:
    """Why a person should look at a delivery that has far fewer rows than the one that it would replace, or None."""
    replaced = _replaced(connection, submission)
    if replaced is None or replaced["rows_in_file"] < SMALLEST_JUDGED:
        return None
    if submission.rows_in_file >= contract.shares.hold_replace * replaced["rows_in_file"]:
        return None
    return (
        f"The delivery has {submission.rows_in_file:,} rows; submission {replaced['submission_id']}, which it would replace, has "
        f"{replaced['rows_in_file']:,}. Approve it if that is right, or refuse it and ask the supplier."
    )


def blank_drift(connection: psycopg.Connection, submission: Submission, own_profiles: Mapping[str, Profile]) -> list[BlankDrift]:
    """Columns whose share of blanks is more than ten points off that of the delivery which this one would replace; of a first
    delivery off the median of the feed's last six periods. An older archive of a month lacks the outcomes that came since."""
    replaced = _replaced(connection, submission)
    history = [row["submission_id"] for row in ([replaced] if replaced else _earlier(connection, submission))]
    if not history:
        return []
    usual = connection.execute(
        """
        select entity, column_name, percentile_cont(0.5) within group (order by null_count::float8 / row_count) as usual
        from ops.column_profile
        where row_count > 0 and submission_id = any(%s)
        group by entity, column_name
        order by 1, 2
        """,
        [history],
    ).fetchall()
    found = []
    for row in usual:
        own = own_profiles.get(row["entity"])
        if own is None or own.rows < SMALLEST_JUDGED or row["column_name"] not in own.blanks:
            continue
        share = own.blanks[row["column_name"]] / own.rows
        if abs(share - row["usual"]) > MOST_BLANK_DRIFT:
            found.append(BlankDrift(row["entity"], row["column_name"], share, row["usual"]))
    return found


def _replaced(connection: psycopg.Connection, submission: Submission) -> dict | None:
    """What serves for the supplier's period, which this delivery would replace."""
    return connection.execute(
        "select submission_id, rows_in_file from ops.submission "
        "where feed = %s and supplier = %s and period_start = %s and status = 'accepted'",
        [submission.feed, submission.supplier, submission.period.start],
    ).fetchone()


def _earlier(connection: psycopg.Connection, submission: Submission) -> list[dict]:
    """What serves for the supplier's last periods before this one."""
    return connection.execute(
        "select submission_id, rows_in_file from ops.submission where feed = %s and supplier = %s and status = 'accepted' "
        "and period_start < %s order by period_start desc limit %s",
        [submission.feed, submission.supplier, submission.period.start, PERIODS],
    ).fetchall()
