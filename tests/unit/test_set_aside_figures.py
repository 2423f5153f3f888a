"""What was set aside is no zero: where a row that may be of an area was, an area of which nothing was counted is incomplete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.inbox import Inbox
from tests.made import file_name, rewrite, spoil, unzip, zipped
from tests.releases import released
from tests.unit.test_outcomes import build
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.feeds.period import Period
from vrn.run import deciding
from vrn.settings import Settings
from vrn.synthetic import deliveries
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

TRAINING, CRIME, CASELOAD = "programme_training", "police_crime", "yot_caseload"
SOUND, SPOILED = "2019-20-Q4", "2020-21-Q1"
DISTRICT, BESIDE, CROWDED, TEAM = "E07000120", "E06000009", "E07000121", "E10000017"
OF_ALL = "(sex, age_band, ethnicity, imd_quintile) = ('all', 'all', 'all', 'all')"
WHO = {"by": "Jo Bloggs", "reason": "a test"}
# What `build` leaves out, with the views that dbt drops with a table.
EVENTS = ("stg_ops__submission", "path:models/intermediate/by_delivery", "path:models/indicators")


def deliver(inbox: Inbox, feed: str, period: str, content: str | bytes) -> dict:
    inbox.drop(feed, file_name(inbox.contract(feed), period), content)
    (taken,) = inbox.take_in(feed)
    return taken


def deliver_training(inbox: Inbox) -> None:
    """Of the second quarter nobody can read the attendees of one row, the only one that names a district."""
    for quarter in (SOUND, SPOILED):
        text = inbox.text(TRAINING, quarter)
        if quarter == SPOILED:
            text = rewrite(text, lambda n, _: {"attendees": "twelve", "lad_code": DISTRICT} if n == 2 else {"lad_code": ""})
        taken = deliver(inbox, TRAINING, quarter, text)
        assert (taken["status"], taken["rows_quarantined"]) == ("accepted", int(quarter == SPOILED)), taken


def deliver_training_anew(inbox: Inbox) -> None:
    """The row comes right, and is of no district."""
    taken = deliver(inbox, TRAINING, SPOILED, rewrite(inbox.text(TRAINING, SPOILED), lambda *_: {"lad_code": ""}))
    assert (taken["status"], taken["rows_quarantined"]) == ("accepted", 0), taken


def deliver_crime(inbox: Inbox) -> None:
    """Three months without a crime of two districts, but of the first some have a code that nobody knows: of May 1 in 100 rows at
    most, of June more."""
    elsewhere = {"lad_code": CROWDED, "lsoa_code": "", "lsoa_vintage": "", "bcu": "W"}
    unknown = {"ho_code": "not a code", "lad_code": DISTRICT, "lsoa_code": ""}
    for month, beyond in (("2019-04", None), ("2019-05", 0), ("2019-06", 1)):
        text = rewrite(inbox.text(CRIME, month), lambda _, row: elsewhere if row["lad_code"] in (DISTRICT, BESIDE) else {})
        spoiled = 0 if beyond is None else (text.count("\n") - 1) // 100 + beyond
        taken = deliver(inbox, CRIME, month, spoil(text, dict.fromkeys(range(2, 2 + spoiled), unknown)))
        assert (taken["status"], taken["rows_quarantined"]) == ("accepted", spoiled), taken


def deliver_caseload(inbox: Inbox) -> None:
    """All outcomes of a team's list are set aside, and a person approves the delivery all the same."""
    contract = inbox.contract(CASELOAD, SPOILED)
    members = unzip(deliveries.content(contract, Period.parse(contract.kind, SPOILED), inbox.places))
    (outcomes,) = (name for name in members if "outcome" in name)
    members[outcomes] = rewrite(members[outcomes], lambda *_: {"outcome_type": "not a type"})
    taken = deliver(inbox, CASELOAD, SPOILED, zipped(members))
    assert taken["status"] == "held", taken
    deciding.approve(inbox.settings, taken["submission_id"], **WHO)


def made(settings: Settings, owner: psycopg.Connection) -> dict[tuple[str, str, str], dict]:
    """The totals by indicator, area and period, after a build of what changed."""
    assert dbt.invoke(settings, ["--quiet", "run", "--select", *EVENTS]).success
    build(settings)
    found = owner.execute(f"select * from marts.fct_indicator_value where {OF_ALL}").fetchall()
    return {(row["indicator_id"], row["area_code"], row["period_id"]): row for row in found}


@dataclass
class Figures:
    """What was made of the three; of them and of the training as it came right; a release of each; and the warehouse."""

    owner: psycopg.Connection
    totals: dict[tuple[str, str, str], dict]
    corrected: dict[tuple[str, str, str], dict]
    # What the table keeps and the function that computes every figure had not alike, at either time.
    differing: list
    releases: tuple[str, str]

    def told(self, *key: str) -> tuple:
        return shown(self.totals[key])

    def counts(self, month: str, area: str) -> set[tuple]:
        """Of the indicators of crime that are given by month: each status with whether anything was counted."""
        asked = (
            f"select status, numerator > 0 as is_some from marts.fct_indicator_value where {OF_ALL} and period_id = %s "
            "and area_code = %s "
            "and indicator_id in (select indicator_id from marts.dim_indicator where feeds = array['police_crime'])"
        )
        return {tuple(row.values()) for row in self.owner.execute(asked, [month, area])}


def as_asked(owner: psycopg.Connection) -> list:
    """What the table keeps and the function that computes every figure have not alike."""
    ids = ["P06", "S11", "V10"]
    asked = "(select {} from publish.indicator_as_at('9999-12-30', %(ids)s))"
    kept = "(select {} from marts.fct_indicator_value where indicator_id = any(%(ids)s))"
    said = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile, count, numerator, status"
    found = []
    for one, other in ((asked, kept), (kept, asked)):
        found += owner.execute(f"{one.format(said)} except all {other.format(said)} limit 3", {"ids": ids}).fetchall()
    return found


def shown(figure: dict) -> tuple:
    return figure["status"], figure["count"], figure["value"]


@pytest.fixture(scope="module")
def figures(built_server, places, tmp_path_factory) -> Iterator[Figures]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("aside"), patch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as owner,
        connect(settings, autocommit=True) as loader,
    ):
        inbox = Inbox(settings, loader, places)
        for deliver_all in (deliver_training, deliver_crime, deliver_caseload):
            deliver_all(inbox)
        totals, differing = made(settings, owner), as_asked(owner)
        first = released(settings, "the first")
        deliver_training_anew(inbox)
        corrected = made(settings, owner)
        yield Figures(owner, totals, corrected, differing + as_asked(owner), (first, released(settings, "the second", "a test")))


def test_a_number_that_was_set_aside_leaves_no_zero_in_its_area(figures):
    assert figures.told("P06", DISTRICT, "2020/21-Q1") == ("incomplete", None, None)
    assert figures.told("P06", BESIDE, "2020/21-Q1") == ("ok", 0, 0)
    assert figures.told("P06", DISTRICT, "2019/20-Q4")[0] == "ok"


def test_a_figure_above_zero_beside_a_row_that_was_set_aside_stays(figures):
    status, count, _ = figures.told("P06", "LANCS-14", "2020/21-Q1")
    assert (status, count > 0) == ("ok", True)


def test_where_all_of_an_entity_was_set_aside_nothing_that_is_counted_from_it_is_zero(figures):
    for indicator in ("S11", "S12c"):
        assert figures.told(indicator, TEAM, "2020/21-Q1") == ("incomplete", None, None), indicator


def test_of_a_table_of_which_more_than_1_in_100_rows_was_set_aside_their_area_has_no_zero(figures):
    assert figures.counts("2019-06", DISTRICT) == {("incomplete", False)}
    assert figures.counts("2019-06", BESIDE) == {("ok", False)}
    assert ("ok", True) in figures.counts("2019-06", CROWDED)


def test_of_a_table_of_which_1_in_100_rows_was_set_aside_a_zero_is_one(figures):
    for month in ("2019-04", "2019-05"):
        assert figures.counts(month, DISTRICT) == {("ok", False)}, month


def test_what_was_known_on_a_day_says_the_same(figures):
    assert figures.differing == []


def test_a_release_judges_the_zero_that_was_counted_and_tells_none(figures):
    """Else a small count beside it could be told from what is published, by whoever knows why there is no count."""
    key = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile"
    asked = (
        f"select value.count as judged, decision.decision, decision.count as told from ops.release_value as value "
        f"inner join ops.release_decision as decision using (release_id, {key}) "
        f"where release_id = %s and indicator_id = 'P06' and area_code = %s and period_id = '2020/21-Q1' and {OF_ALL}"
    )
    (row,) = figures.owner.execute(asked, [figures.releases[0], DISTRICT]).fetchall()
    assert tuple(row.values()) == (0, "publish", None)


def test_when_the_row_comes_right_a_build_of_what_changed_says_zero(figures):
    assert shown(figures.corrected["P06", DISTRICT, "2020/21-Q1"]) == ("ok", 0, 0)


def test_between_the_two_releases_the_zero_is_one_that_came_and_was_none_before(figures):
    asked = (
        "select to_jsonb(change) as said from publish.release_changes(%s, %s) as change "
        f"where indicator_id = 'P06' and area_code = %s and period_id = '2020/21-Q1' and {OF_ALL}"
    )
    (row,) = figures.owner.execute(asked, [*figures.releases, DISTRICT]).fetchall()
    counts = [row["said"][name] for name in ("earlier_count", "later_count", "count_difference")]
    assert counts == [None, 0, None]
