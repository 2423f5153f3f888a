"""Releases: what is published is frozen with the submissions, definitions and code it was made of, and can be compared.

A release is the one act that publishes: disclosure control decides of each of its figures, and publish is built from it.
"""

from __future__ import annotations

import os
import subprocess

import pandas as pd
import psycopg

from vrn.access.audit import events
from vrn.build import dbt
from vrn.build import steps as build
from vrn.errors import VrnError
from vrn.feeds import days
from vrn.ledger import day
from vrn.publish import disclosure
from vrn.settings import REPOSITORY, Settings
from vrn.warehouse import locks
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

FIGURE = (
    "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, count, denominator, value, lower_ci_95, "
    "upper_ci_95, lower_ci_998, upper_ci_998, method, comparison, trend, status, population_vintage, population_basis, is_synthetic"
)
# What of a figure may be published: words too, for a comparison with a hidden figure tells of it.
TELLING = (
    "count", "denominator", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998", "method", "comparison", "trend",
)  # fmt: skip


class ReleaseRefused(VrnError):
    """There is nothing that could be released, or it is half built."""


def make(settings: Settings, note: str) -> str:
    """Freeze the figures as they were last built. Returns the release's id, its day with a number from the second on.

    Raises ReleaseRefused when nothing was built, or when the project or the ledger changed since.
    """
    with connect(settings, OWNER) as connection:
        # What is built stays as it is until it is frozen, and two releases do not take one id.
        locks.for_transaction(connection, locks.Job.RELEASE)
        connection.execute("select 1 from ops.built_layer for update")
        if reason := build.unbuilt(connection, settings):
            raise ReleaseRefused(reason)
        today = days.today().isoformat()
        made = connection.execute("select count(*) as found from ops.release where release_id like %s", [f"{today}%"]).fetchone()
        release_id = today if not made["found"] else f"{today}.{made['found'] + 1}"
        connection.execute(
            "insert into ops.release (release_id, git_revision, project_code, note, as_of, is_synthetic) "
            "select %s, %s, %s, %s, %s, coalesce(bool_or(is_synthetic), false) from marts.fct_indicator_value",
            [release_id, revision(), dbt.code(settings), note, day.of_home(settings, connection)],
        )
        connection.execute(
            "insert into ops.release_submission (release_id, submission_id) "
            "select %s, submission_id from ops.counted_submission where is_ever_known and known_until_on = '9999-12-31'",
            [release_id],
        )
        connection.execute(
            "insert into ops.release_indicator (release_id, indicator_id, definition) "
            "select %s, indicator_id, to_jsonb(indicator) from marts.dim_indicator as indicator",
            [release_id],
        )
        connection.execute(
            f"insert into ops.release_value (release_id, {FIGURE}) select %s, {FIGURE} from marts.fct_indicator_value",
            [release_id],
        )
        _decide(connection, release_id)
        events.record(connection, events.RELEASE, f"the release {release_id}", release_id=release_id)
    return release_id


def _decide(connection: psycopg.Connection, release_id: str) -> None:
    """Disclosure control: what of each figure may be published, with what earlier releases have told."""

    def frame(query: str, *values) -> pd.DataFrame:
        cursor = connection.execute(query, values)
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    figures = frame("select * from marts.fct_indicator_value where count is not null")
    earlier = frame(
        f"select value.release_id as release, {', '.join('value.' + name for name in disclosure.KEY)}, value.count, "
        "value.denominator, decision.decision = 'publish' as is_published "
        "from ops.release_value as value inner join ops.release_decision as decision using "
        f"(release_id, {', '.join(disclosure.KEY)}) where value.release_id <> %s and value.count is not null",
        release_id,
    )
    decided = disclosure.decide(
        figures,
        *(frame(f"select * from marts.{name}") for name in ("dim_indicator", "dim_area", "dim_period")),
        None if earlier.empty else earlier,
        frame("select partner, indicator_id, area_code from marts.partner_known_area"),
    )
    columns = ["decision", *disclosure.KEY, *TELLING]
    rows = decided[columns].astype(object).where(decided[columns].notna(), None)
    with connection.cursor().copy(f"copy ops.release_decision (release_id, {', '.join(columns)}) from stdin") as copy:
        for row in rows.itertuples(index=False):
            copy.write_row((release_id, *row))


def revision() -> str:
    """The git revision of the code, with a plus when the checkout differs from it; in an image VRN_REVISION says it."""
    if given := os.environ.get("VRN_REVISION"):
        return given
    try:
        found = _git("rev-parse", "HEAD").strip()
        return found + ("+" if _git("status", "--porcelain", "--untracked-files=no").strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(REPOSITORY), *arguments], check=True, capture_output=True, text=True).stdout
