"""A build tests the months that were made anew since its layer was whole, and what they may contradict (issue 17, point 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.builds import without_tests
from tests.inbox import Inbox
from tests.unit.test_build_of_what_changed import CRIME, build_what_changed, deliver
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.build import steps as build
from vrn.synthetic.places import Places
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

EARLIER, LATER = "2019-12", "2020-01"
KEY_OF_EVENTS = "unique_together_int_crime__recorded"
KEY_SHOWN = "unique_together_fct_recorded_crime"
ROW_OF = "(select crime_ref from intermediate.int_crime__recorded where month_on = date '{}-01' order by 1 limit 1)"


@dataclass
class Home:
    """Two months of crime, of which the later came when the layers had been whole with the earlier."""

    inbox: Inbox
    owner: psycopg.Connection
    whole: dict[str, int]

    def wrong(self, test: str, change: str, *, layer: str | None) -> list[dict]:
        """What a test finds after a change, in a build that knows when this layer was whole, or that knows nothing."""
        known = {"last_whole": self.whole[layer]} if layer else {}
        found = dbt.invoke(self.inbox.settings, ["--quiet", "compile", "--select", f"{test}*"], known).result.results
        (compiled,) = (one.node.compiled_code for one in found if one.node.name.startswith(test))
        with self.owner.transaction(force_rollback=True):
            self.owner.execute(change)
            return self.owner.execute(compiled).fetchall()


@pytest.fixture(scope="module")
def months(built_server, places: Places, tmp_path_factory) -> Iterator[Home]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("months"), patch, "built") as settings,
        connect(settings, autocommit=True) as loader,
        connect(settings, OWNER, autocommit=True) as owner,
    ):
        inbox = Inbox(settings, loader, places)
        # What the tests say is asked one by one.
        with without_tests():
            deliver(inbox, CRIME, EARLIER, 0)
            build_what_changed()
            found = owner.execute("select layer, revision from ops.built_layer").fetchall()
            deliver(inbox, CRIME, LATER, 0)
            build_what_changed()
        yield Home(inbox, owner, {row["layer"]: row["revision"] for row in found})


def emptied(column: str, month: str) -> str:
    return f"update intermediate.int_crime__recorded set {column} = null where crime_ref = {ROW_OF.format(month)}"


def key_of(other: str, month: str) -> str:
    """The change by which another crime of a month takes the key of a crime of the other one."""
    return f"""
        update intermediate.int_crime__recorded as one set (crime_ref, known_from_on) = (other.crime_ref, other.known_from_on)
        from intermediate.int_crime__recorded as other
        where other.crime_ref = {ROW_OF.format(other)} and one.crime_ref = (
            select max(crime_ref) from intermediate.int_crime__recorded where month_on = date '{month}-01'
        )
    """


def shown_twice(month: str) -> str:
    return f"""
        insert into intermediate.int_crime__recorded
        select * from intermediate.int_crime__recorded where crime_ref = {ROW_OF.format(month)}
    """


def test_the_rows_of_a_month_are_tested_where_it_was_made_anew_and_all_where_nobody_knows(months):
    test = "never_null_int_crime__recorded"
    assert months.wrong(test, emptied("area_code", LATER), layer="intermediate") != []
    assert months.wrong(test, emptied("area_code", EARLIER), layer="intermediate") == []
    assert months.wrong(test, emptied("area_code", EARLIER), layer=None) != []


@pytest.mark.parametrize("uncounted", ["submission_id = - submission_id", "attempt = attempt - 1", "is_ever_known = false"])
def test_rows_of_a_delivery_are_tested_until_a_build_has_counted_this_attempt_at_it(months, uncounted):
    test = "unique_together_stg_police_crime__crime"
    last = "(select max(submission_id) from staging.stg_ops__submission where feed = 'police_crime')"
    twice = f"insert into staging.stg_ops__submission select * from staging.stg_ops__submission where submission_id = {last}"
    assert months.wrong(test, twice, layer="staging") == []
    assert months.wrong(test, twice, layer=None) != []
    counted = months.owner.execute(
        f"select submission_id, attempt from ops.counted_submission where submission_id = {last}"
    ).fetchone()
    months.owner.execute(f"update ops.counted_submission set {uncounted} where submission_id = {last}")
    try:
        assert months.wrong(test, twice, layer="staging") != []
    finally:
        months.owner.execute(
            "update ops.counted_submission set (submission_id, attempt, is_ever_known) = (%(submission_id)s, %(attempt)s, true) "
            "where abs(submission_id) = %(submission_id)s",
            counted,
        )


def test_a_key_of_a_month_that_was_made_anew_is_looked_up_in_all_months(months):
    assert months.wrong(KEY_OF_EVENTS, key_of(LATER, EARLIER), layer="intermediate") != []
    assert months.wrong(KEY_OF_EVENTS, key_of(EARLIER, LATER), layer="intermediate") != []
    assert months.wrong(KEY_OF_EVENTS, key_of(EARLIER, EARLIER), layer="intermediate") == []
    assert months.wrong(KEY_OF_EVENTS, key_of(EARLIER, EARLIER), layer=None) != []


def test_events_as_marts_show_them_are_tested_where_their_month_was_made_anew(months):
    assert months.wrong(KEY_SHOWN, shown_twice(LATER), layer="marts") != []
    assert months.wrong(KEY_SHOWN, shown_twice(EARLIER), layer="marts") == []
    assert months.wrong(KEY_SHOWN, shown_twice(EARLIER), layer=None) != []


def test_figures_are_tested_where_they_were_made_anew(months):
    test, lost = "never_null_fct_indicator_value", "update marts.fct_indicator_value set area_code = null where {} "
    one = "(indicator_id, period_id, area_code, sex) = ('V06', '{}', 'E06000008', 'all')"
    assert months.wrong(test, lost.format(one.format(LATER)), layer="marts") != []
    assert months.wrong(test, lost.format(one.format("2018-12")), layer="marts") == []
    assert months.wrong(test, lost.format(one.format("2018-12")), layer=None) != []


def test_a_month_that_an_earlier_build_made_is_tested_by_each_layer_that_was_not_whole_since(built_server, inbox, owner):
    """A build may end between two layers; the next makes other months."""
    deliver(inbox, CRIME, EARLIER, 0)
    build_what_changed()
    deliver(inbox, CRIME, LATER, 0)
    for layer in ("staging", "intermediate"):
        build.take(layer)
    owner.execute(emptied("area_code", LATER))
    deliver(inbox, CRIME, EARLIER, 1)
    for layer in ("staging", "intermediate", "indicators", "counts"):
        build.take(layer)
    with pytest.raises(build.BuildFailed, match="never_null_fct_recorded_crime"):
        build.take("marts")
