"""From deliveries to figures: what a restatement changes, what was known on a day, and what a release keeps."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest

from tests.inbox import Inbox
from tests.releases import COUNTS, FIGURES, made, released
from tests.warehouses import copy_of
from vrn.build import dbt
from vrn.build import steps as outcomes
from vrn.publish import release
from vrn.settings import Settings
from vrn.warehouse.connection import connect
from vrn.warehouse.roles import OWNER

CRIME = "police_crime"
MONTHS = ("2019-04", "2019-05", "2019-06")
FIRST_CUT, SECOND_CUT = "2019-07-05", "2019-08-20"
FIGURE = "indicator_id, area_code, period_id, sex, age_band, ethnicity, imd_quintile"
TOTAL = ("all", "all", "all", "all")
COUNTY = ("V06", "LANCS-14")
# Numbers of a day are numeric, and those of the mart double precision.
VALUES = f"{FIGURE}, count, denominator, value::float8, lower_ci_95::float8, upper_ci_95::float8, comparison, trend, status"
COUNT = VALUES.split(", ").index("count")


def build(settings: Settings, *options: str) -> None:
    """What build_outcomes does, without its tests and without what no delivery changes."""
    made(settings, *COUNTS, [*FIGURES, "path:functions/publish", "path:models/publish"], options=options)


def rows(connection: psycopg.Connection, query: str, *values) -> list[dict]:
    return connection.execute(query, values).fetchall()


def figures(connection: psycopg.Connection, source: str = "marts.fct_indicator_value") -> dict:
    found = rows(connection, f"select {VALUES} from {source}")
    return {tuple(row[name] for name in FIGURE.split(", ")): tuple(row.values()) for row in found}


def restated(text: str) -> str:
    """The extract as it was cut later: its first assault is cancelled, the second is of another district."""
    table = list(csv.DictReader(io.StringIO(text)))
    assaults = [row for row in table if row["ho_code"] == "8N" and row["status"] == "active" and row["lad_code"] == "E06000008"]
    assaults[0].update(status="cancelled", cancel_reason="C2")
    assaults[1].update(lad_code="E06000009", lsoa_code="", lsoa_vintage="", bcu="W")
    out = io.StringIO()
    writer = csv.DictWriter(out, table[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


class Story:
    """What happened, in order, and what was seen after each step; the tests only look at it.

    Three months of crime; one of them again, cut later; the older extract of another, which comes late; everything built anew
    by another project; a delivery that no build has seen.
    """

    def __init__(self, settings: Settings, owner: psycopg.Connection, inbox: Inbox):
        self.settings, self.owner, self.inbox = settings, owner, inbox
        for month in MONTHS:
            self.deliver(month, FIRST_CUT, inbox.text(CRIME, month))
        build(settings)
        self.before, self.built_before = figures(owner), self.built()
        self.first_release = released(settings, "as first known")

        self.deliver("2019-05", SECOND_CUT, restated(inbox.text(CRIME, "2019-05")))
        build(settings)
        self.after, self.built_after = figures(owner), self.built()
        self.touched = rows(owner, "select feed, month_on::text as month_on from ops.touched_month where model = 'indicator_count'")
        self.second_release = released(settings, "after the restatement")
        self.changes = rows(owner, "select * from publish.release_changes(%s, %s)", self.first_release, self.second_release)
        self.as_at = {day: figures(owner, f"publish.indicator_as_at('{day}')") for day in ("2019-08-19", SECOND_CUT)}
        self.half_way = figures(owner, "publish.indicator_as_at('2019-06-15', array['V06'])")
        self.too_early = figures(owner, "publish.indicator_as_at('2019-07-04', array['V06'])")
        outcomes.take("publish")
        self.releases = rows(owner, "select * from publish.release order by release_number")
        self.published = rows(owner, "select * from publish.indicator_value")

        self.deliver("2019-06", "2019-07-01", restated(inbox.text(CRIME, "2019-06")))
        build(settings)
        self.with_late, self.content, self.built_last = figures(owner), self.tables(), self.built()
        self.june = {day: figures(owner, f"publish.indicator_as_at('{day}', array['V06'])") for day in ("2019-07-02", FIRST_CUT)}

        # What another version of the project built is built anew, wholly; but for the seeds, of which tests/unit/test_dbt.py knows.
        owner.execute("update ops.built_layer set code = 'of another project' where layer <> 'reference'")
        self.refused_as_foreign = refusal(settings)
        dbt._read.cache_clear()
        outcomes.everything()
        self.readings = dbt._read.cache_info().misses
        self.rebuilt, self.rebuilt_content, self.built_anew = figures(owner), self.tables(), self.built()
        outcomes._forget(settings, "counts", is_ours=True, changed=set())
        self.refused_as_half_built = refusal(settings)
        self.deliver("2019-07", "2019-09-01", inbox.text(CRIME, "2019-07"))
        with pytest.raises(release.ReleaseRefused) as caught:
            released(settings, "too early")
        self.refused_as_too_early = str(caught.value)
        # A build that has only looked at the ledger, or failed soon after.
        assert dbt.invoke(settings, ["--quiet", "run", "--select", "stg_ops__submission"]).success
        self.not_counted_yet = figures(owner, "publish.indicator_as_at('2019-12-31', array['V06'])")

    def deliver(self, month: str, cut: str, text: str) -> None:
        self.inbox.drop(CRIME, f"{month}-lancashire-crime-asat-{cut}.synthetic.csv", text)
        (taken,) = self.inbox.take_in(CRIME)
        assert taken["status"] in ("accepted", "superseded"), taken

    def built(self) -> dict:
        found = rows(self.owner, "select model, feed, month_on::text as month_on, revision from ops.built_month")
        return {(row["model"], row["feed"], row["month_on"]): row["revision"] for row in found}

    def tables(self) -> dict:
        names = ("intermediate.int_crime__recorded", "indicators.indicator_count")
        return {one: rows(self.owner, f"select t::text as t from {one} as t order by 1") for one in names}


def refusal(settings: Settings) -> str:
    with pytest.raises(release.ReleaseRefused) as caught:
        release.make(settings, "no release")
    return str(caught.value)


@pytest.fixture(scope="module")
def story(built_server, places, tmp_path_factory) -> Iterator[Story]:
    with (
        pytest.MonkeyPatch.context() as patch,
        copy_of(built_server, tmp_path_factory.mktemp("story"), patch, "built") as settings,
        connect(settings, OWNER, autocommit=True) as owner,
        connect(settings, autocommit=True) as loader,
    ):
        yield Story(settings, owner, Inbox(settings, loader, places))


def months_of(story: Story) -> dict[str, set[str]]:
    """The months of each period, as the warehouse has them."""
    found = rows(
        story.owner,
        "select period_id, array_agg(to_char(month, 'YYYY-MM')) as months from marts.dim_period "
        "cross join lateral generate_series(start_on, end_on, interval '1 month') as month group by period_id",
    )
    return {row["period_id"]: set(row["months"]) for row in found}


def test_a_build_reads_the_dbt_project_once(story):
    assert story.readings == 1


def test_restating_a_month_changes_the_figures_that_rest_on_it_and_no_other(story):
    changed = {key for key in story.after if story.after[key] != story.before[key]}
    months = months_of(story)
    assert changed
    # A comparison with a year earlier could reach further; nothing came a year later here.
    assert all("2019-05" in months[period] for _, _, period, *_ in changed)
    feeds = {row["indicator_id"]: row["feeds"] for row in rows(story.owner, "select indicator_id, feeds from marts.dim_indicator")}
    assert all(CRIME in feeds[indicator] for indicator, *_ in changed)
    county = (*COUNTY, "2019-05", *TOTAL)
    assert story.after[county][COUNT] == story.before[county][COUNT] - 1
    blackpool = ("V06", "E06000009", "2019-05", *TOTAL)
    assert story.after[blackpool][COUNT] == story.before[blackpool][COUNT] + 1


def test_only_the_month_that_a_delivery_touches_is_counted_anew(story):
    assert {(row["feed"], row["month_on"]) for row in story.touched} == {(CRIME, "2019-05-01")}
    events = {key for key in story.built_after if key[0] == "int_crime__recorded"}
    remade = {key for key in events if story.built_after[key] != story.built_before[key]}
    assert remade == {("int_crime__recorded", CRIME, "2019-05-01")}


def test_the_older_answer_stays_reachable_as_at_its_day(story):
    for day, wanted in (("2019-08-19", story.before), (SECOND_CUT, story.after)):
        then = story.as_at[day]
        assert (*COUNTY, "2019-05", *TOTAL) in then
        for key, row in then.items():
            # Feeds that came today were not known then; nothing came of them here in any case. Residents are those that were
            # published by the day, so the rates may differ.
            assert (row[COUNT], row[-1]) == (wanted[key][COUNT], wanted[key][-1]), (day, key)
    periods = {period for _, _, period, *_ in story.half_way}
    assert "2019-05" in periods
    assert "2019-06" not in periods
    assert story.too_early
    assert not [row for row in story.too_early.values() if row[-1] == "ok"]


def test_t022_an_older_extract_that_comes_late_is_history_and_changes_no_figure_of_today(story):
    assert story.with_late == story.after
    force = ("V06", "E23000003", "2019-06", *TOTAL)
    assert story.june["2019-07-02"][force][COUNT] == story.june[FIRST_CUT][force][COUNT] - 1


def test_what_came_and_is_not_counted_yet_did_not_come_and_is_no_zero(story):
    july = story.not_counted_yet["V06", "LANCS-14", "2019-07", *TOTAL]
    assert (july[-1], july[COUNT]) == ("awaiting_feed", None)
    assert story.not_counted_yet["V06", "LANCS-14", "2019-06", *TOTAL][-1] == "ok"


def test_a_full_rebuild_gives_the_same_events_counts_and_figures(story):
    assert all(story.built_anew[key] != story.built_last[key] for key in story.built_last)
    assert story.rebuilt_content == story.content
    assert story.rebuilt == story.with_late


def test_a_release_keeps_its_figures_and_tells_what_changed_and_because_of_which_delivery(story):
    kept = rows(story.owner, f"select {VALUES} from ops.release_value where release_id = %s", story.first_release)
    # What has no place is told as part of the force.
    unplaced = [row["area_code"] for row in rows(story.owner, "select area_code from marts.dim_area where area_type = 'unplaced'")]
    placed = {key: row for key, row in story.before.items() if key[1] not in unplaced}
    assert {tuple(row[name] for name in FIGURE.split(", ")): tuple(row.values()) for row in kept} == placed
    changed = {key for key in placed if story.after[key][7:10] != story.before[key][7:10]}
    assert {tuple(row[name] for name in FIGURE.split(", ")) for row in story.changes} == changed
    served = rows(
        story.owner, "select submission_id from ops.submission where period_start = '2019-05-01' and feed = %s order by 1", CRIME
    )
    assert {tuple(row["because_submission_ids"]) for row in story.changes} == {tuple(row["submission_id"] for row in served)}
    assert not any(row["is_definition_changed"] or row["is_population_changed"] for row in story.changes)
    first, second = story.releases
    assert (second["previous_release_id"], second["submission_count"]) == (first["release_id"], 3)
    assert second["is_synthetic"]
    audited = rows(story.owner, "select release_id from ops.audit_event where kind = 'release' order by happened_at")
    assert [row["release_id"] for row in audited][:2] == [story.first_release, story.second_release]
    assert len(second["git_revision"]) >= 7


def test_t070_what_is_hidden_is_hidden_in_every_number_and_word_and_what_is_published_is_what_was_released(story):
    hidden = [row for row in story.published if row["status"] == "suppressed"]
    assert hidden
    of_residents = {
        row["indicator_id"]
        for row in rows(story.owner, "select indicator_id from marts.dim_indicator where population is not null")
    }
    for row in hidden:
        numbers = ("count", "value", "lower_ci_95", "upper_ci_95", "lower_ci_998", "upper_ci_998")
        assert {row[name] for name in (*numbers, "method", "trend")} == {None}, row
        # How many people live somewhere is public; how many of a service's clients there are is not.
        assert row["denominator"] is None or row["indicator_id"] in of_residents, row
        assert row["comparison"] == "not_compared"
    county = {
        (row["indicator_id"], row["period_id"]): row["status"]
        for row in story.published
        if row["area_code"] == "LANCS-14" and tuple(row[name] for name in FIGURE.split(", ")[3:]) == TOTAL
    }
    for row in story.published:
        key = tuple(row[name] for name in FIGURE.split(", "))
        if row["status"] == "ok":
            assert row["count"] == story.after[key][COUNT]
            assert not 0 < row["count"] < 5, row
        # A comparison with a hidden figure would tell of it.
        if key[3:] == TOTAL and county.get((row["indicator_id"], row["period_id"])) == "suppressed":
            assert row["comparison"] == "not_compared"
    assert {row["release_id"] for row in story.published} == {story.second_release}


def test_a_published_number_has_the_digits_that_were_released_and_a_change_two_figures_that_are_shown(story):
    """Issue 16, D: publish is numeric, for people who round; and a change does not undo what is hidden."""
    other_digits = rows(
        story.owner,
        f"select * from publish.indicator_value as shown inner join ops.release_decision as decided using (release_id, {FIGURE}) "
        "where (shown.value::double precision, shown.lower_ci_95::double precision, shown.upper_ci_998::double precision) "
        "is distinct from (decided.value, decided.lower_ci_95, decided.upper_ci_998)",
    )
    assert other_digits == []
    shown = {tuple(row[name] for name in FIGURE.split(", ")): row for row in story.published}
    earlier = dict(tuple(row.values()) for row in rows(story.owner, "select period_id, year_earlier_period_id from publish.period"))
    for key, row in shown.items():
        before = shown.get((*key[:2], earlier[key[2]], *key[3:]))
        if row["status"] != "ok" or before is None or before["status"] != "ok":
            assert (row["year_earlier_value"], row["year_earlier_change_percent"]) == (None, None), key
            assert row["comparison_year_earlier"] == "not_compared", key
        elif row["year_earlier_value"] is not None:
            assert row["year_earlier_value"] == before["value"], key


def test_a_published_area_has_its_place_and_the_names_of_what_it_is_part_of(story):
    """Issue 16, D: an analyst had the codes of division and upper tier, and no outline."""
    areas = {row["area_code"]: row for row in rows(story.owner, "select * from publish.area")}
    named = {code: (row["police_division_name"], row["upper_tier_name"]) for code, row in areas.items()}
    assert named["E07000117"] == ("East division", "Lancashire-12")
    assert named["E06000009"] == ("West division", "Blackpool")
    assert named["LANCS-14"] == (None, None)
    outlined = {code for code, row in areas.items() if row["boundary_geojson"] and row["boundary_wkt"]}
    assert outlined == {code for code, row in areas.items() if row["area_type"] == "district"}


def test_the_calendar_has_the_periods_of_which_something_is_known_and_says_which_is_the_latest(story):
    """Issue 16, D: six empty years stood in a chart. A period whose figures are all hidden stays,
    and one between others of which nothing came, so that a line has a gap there."""
    calendar = {row["period_id"]: row for row in rows(story.owner, "select * from publish.period")}
    known = {
        row["period_id"]
        for row in rows(
            story.owner,
            "select distinct period_id from ops.release_value where release_id = %s and value is not null",
            story.second_release,
        )
    }
    told = {row["period_id"] for row in story.published if row["status"] in ("refused", "incomplete")}
    dated = {row["period_id"]: row for row in rows(story.owner, "select period_id, period_type, end_on from marts.dim_period")}
    spans: dict[str, list] = defaultdict(list)
    for name in known | told:
        spans[dated[name]["period_type"]].append(dated[name]["end_on"])
    between = {
        name for name, row in dated.items() if (span := spans[row["period_type"]]) and min(span) <= row["end_on"] <= max(span)
    }
    assert calendar.keys() == between
    assert {row["period_id"] for row in story.published} == calendar.keys()
    with_data = {row["period_id"] for row in story.published if row["value"] is not None}
    assert {period for period, row in calendar.items() if row["has_data"]} == with_data
    for kind in {row["period_type"] for row in calendar.values()}:
        ends = {row["end_on"] for row in calendar.values() if row["period_type"] == kind and row["has_data"]}
        latest = {row["end_on"] for row in calendar.values() if row["period_type"] == kind and row["is_latest"]}
        assert latest == ({max(ends)} if ends else set()), kind
    assert calendar["2019-05"]["iso_interval"] == "2019-05-01/P1M"
    by_key = sorted(calendar.values(), key=lambda row: row["sort_key"])
    assert [row["end_on"] for row in by_key] == sorted(row["end_on"] for row in by_key)


@pytest.mark.parametrize("table", ["release", "release_submission", "frozen_row", "kept_value", "kept_decision", "kept_range"])
def test_not_even_the_owner_changes_a_release(story, table):
    column = "release_id" if table.startswith("release") else "since_release"
    for statement in (f"update ops.{table} set {column} = {column}", f"delete from ops.{table}", f"truncate ops.{table} cascade"):
        with pytest.raises(psycopg.errors.RaiseException, match="kept as it was published"):
            story.owner.execute(statement)


def test_a_release_of_what_is_half_built_foreign_or_lacks_a_delivery_is_refused(story):
    assert "half built (counts, marts, publish)" in story.refused_as_half_built
    assert "project changed" in story.refused_as_foreign
    assert "Deliveries came or went since" in story.refused_as_too_early
