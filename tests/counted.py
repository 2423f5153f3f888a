"""Counts and deliveries made by hand, and the figures that are made of them: worlds that a test can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

OF_ALL = "(sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"


class Given:
    """What the counts know: deliveries that came, and events that were counted in them."""

    def __init__(self, owner: psycopg.Connection):
        self.owner, self.submission = owner, 0

    def came(self, feed: str, supplier: str, first: str, last: str, status: str = "accepted") -> None:
        self.submission += 1
        self.owner.execute(
            "insert into ops.counted_submission "
            "values (%s, %s, %s, %s, %s, '2020-08-01', %s, '2020-08-01', '9999-12-31', %s, false)",
            [self.submission, feed, supplier, first, last, status, status != "refused"],
        )

    def months(self, feed: str, supplier: str, first: tuple[int, int], count: int, without: tuple[str, ...] = ()) -> None:
        for place in range(count):
            year, month = divmod(first[0] * 12 + first[1] - 1 + place, 12)
            day = date(year, month + 1, 1).isoformat()
            if day[:7] not in without:
                self.came(feed, supplier, day, day)

    def counted(self, indicator: str, area: str, month: str, numerator, denominator=None, **groups: str) -> None:
        cell = {"age_band": "all", "sex": "all", "ethnicity": "all", "imd_quintile": "all"} | groups
        self.owner.execute(
            "insert into indicators.indicator_count (indicator_id, area_code, month_on, age_band, sex, ethnicity, imd_quintile, "
            "numerator, denominator, known_from_on, known_until_on) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '2020-08-01', "
            "'9999-12-31')",
            [indicator, area, f"{month}-01", *cell.values(), numerator, denominator],
        )


def figures_of(built: object, folder: Path, *worlds: Callable[[Given], None]) -> Iterator[dict]:
    """{(indicator, area, period): row} of totals, of a copy of a warehouse into which the worlds are written; under "status" what
    publish says of the suppliers of police_encompass, and under "funnel" which figures the funnel has."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built, folder, patch, "built") as settings,
    ):
        with connect(settings, OWNER, autocommit=True) as owner:
            given = Given(owner)
            for world in worlds:
                world(given)
            chosen = ("path:models/marts/figures", "fct_indicator_value", "fct_indicator_funnel", "publish__feed_status")
            # Of all, because nobody remembers of what was written into the counts by hand that it came.
            assert dbt.invoke(settings, ["--quiet", "run", "--full-refresh", "--select", *chosen]).success
            rows = owner.execute(f"select * from marts.fct_indicator_value where {OF_ALL}").fetchall()
            funnel = owner.execute("select indicator_id, area_code, period_id from marts.fct_indicator_funnel").fetchall()
            status = owner.execute("select supplier, status from publish_aside.feed_status where feed = 'police_encompass'")
        found = {(row["indicator_id"], row["area_code"], row["period_id"]): row for row in rows}
        beside = {"funnel": {tuple(row.values()) for row in funnel}}
        yield found | beside | {"status": {row["supplier"]: row["status"] for row in status}}
