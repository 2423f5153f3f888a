"""A number that its supplier knows and does not say is no zero: what adds it up is incomplete (issue 14, point 2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.inbox import Inbox
from tests.made import file_name, rewrite
from tests.unit.test_outcomes import build
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

TRAINING = "programme_training"
SOUND, SPARING = "2019-20-Q4", "2020-21-Q1"
DISTRICT = "E07000120"
OF_ALL = "(sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"


@pytest.fixture(scope="module")
def p06(built_server, places, tmp_path_factory) -> Iterator[dict]:
    """P06 by area and quarter, where one row of the second quarter, of one district, withholds its attendees."""
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("withheld"), patch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as owner,
        connect(settings, autocommit=True) as loader,
    ):
        inbox = Inbox(settings, loader, places)
        for quarter in (SOUND, SPARING):
            text = inbox.text(TRAINING, quarter)
            if quarter == SPARING:
                text = rewrite(text, lambda n, _: {"attendees": "<5", "lad_code": DISTRICT} if n == 2 else {"lad_code": ""})
            inbox.drop(TRAINING, file_name(inbox.contract(TRAINING), quarter), text)
            (taken,) = inbox.take_in(TRAINING)
            assert (taken["status"], taken["rows_quarantined"]) == ("accepted", 0), taken
        events = ["--quiet", "run", "--select", "stg_ops__submission", "int_training__event+1"]
        assert dbt.invoke(settings, events).success
        build(settings)
        found = owner.execute(f"select * from marts.fct_indicator_value where indicator_id = 'P06' and {OF_ALL}").fetchall()
        yield {(row["area_code"], row["period_id"]): row for row in found}


def test_a_sum_with_a_withheld_number_is_incomplete_in_its_area_and_in_what_the_area_is_part_of(p06):
    for area in (DISTRICT, "LANCS-14"):
        figure = p06[area, "2020/21-Q1"]
        assert (figure["status"], figure["count"], figure["value"]) == ("incomplete", None, None), area


def test_the_sums_of_other_quarters_and_districts_are_not(p06):
    assert p06["LANCS-14", "2019/20-Q4"]["status"] == "ok"
    assert p06["LANCS-14", "2019/20-Q4"]["count"] > 0
    assert p06["E06000009", "2020/21-Q1"]["status"] == "ok"
